/* Players of a crash room: one process, one epoll, thousands of sockets.
 *
 * room_swarm <seconds> <tokens file> <path> <bet window ms> <cash-out window ms> <port> [<port> ...]
 *
 * Speaks to ours and to the plain peer alike: the frames that it looks for are the same. Each player bets once a flight
 * at a random moment of the window behind `flight_began`, and cashes out by hand at a random moment of the window
 * behind `climb`. Prints one line of JSON: moves, answers by kind, the times of answers, the seconds in which the
 * machine stood still, and its own CPU. Only loopback is ever connected to.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PLAYERS_MAX 20000
#define BUFFER (256 * 1024)
#define STALL_US 50000
#define SECONDS_MAX 600

typedef struct {
    int fd, joined, flight, id, open;
    uint64_t bet_us, cash_us, sent_us[2];
    int sent_id[2];
    size_t have, size;
    char *buffer;
} Player;

typedef struct { uint64_t at_us; uint32_t took_us; } Sample;

static Player players[PLAYERS_MAX];
static Sample *samples;
static size_t sampled, sent, played, refused, lost, messages;
static uint64_t bytes_in, bet_window_us, cash_window_us;
static char stalled[SECONDS_MAX + 60];

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void say(Player *p, const char *text) {
    size_t n = strlen(text);
    char frame[1024];
    size_t head = n < 126 ? 6 : 8;
    frame[0] = (char)0x81;
    if (n < 126) {
        frame[1] = (char)(0x80 | n);
    } else {
        frame[1] = (char)(0x80 | 126);
        frame[2] = (char)(n >> 8);
        frame[3] = (char)n;
    }
    memset(frame + head - 4, 0, 4); /* a mask of nothing */
    memcpy(frame + head, text, n);
    if (send(p->fd, frame, head + n, MSG_NOSIGNAL) < 0) lost++;
}

static void move(Player *p, const char *name, const char *with, int slot) {
    char text[512];
    p->id++;
    snprintf(text, sizeof text, "{\"type\":\"play\",\"id\":%d,\"flight\":%d,\"move\":\"%s\",\"with\":%s}", p->id, p->flight,
             name, with);
    p->sent_us[slot] = now_us();
    p->sent_id[slot] = p->id;
    sent++;
    say(p, text);
}

static long number_after(const char *text, const char *key) {
    const char *at = strstr(text, key);
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

static void answered(Player *p, const char *text, int is_played) {
    long id = number_after(text, "\"id\":");
    for (int slot = 0; slot < 2; slot++)
        if (p->sent_id[slot] == id && p->sent_us[slot]) {
            uint64_t now = now_us();
            samples[sampled].at_us = now;
            samples[sampled++].took_us = (uint32_t)(now - p->sent_us[slot]);
            p->sent_us[slot] = 0;
            if (is_played) played++; else refused++;
        }
}

static void hear(Player *p, char *text) {
    messages++;
    if (!strncmp(text, "{\"type\":\"room_events\"", 21)) {
        char *began = strstr(text, "\"kind\":\"flight_began\"");
        if (began) {
            p->flight = (int)number_after(began, "\"flight\":");
            if (p->joined) p->bet_us = now_us() + (uint64_t)(drand48() * bet_window_us);
        }
        if (strstr(text, "\"kind\":\"climb\"") && p->joined)
            p->cash_us = now_us() + (uint64_t)(drand48() * cash_window_us);
    } else if (!strncmp(text, "{\"type\":\"played\"", 16)) {
        answered(p, text, 1);
    } else if (!strncmp(text, "{\"type\":\"refused\"", 17)) {
        answered(p, text, 0);
    } else if (!strncmp(text, "{\"type\":\"joined\"", 16)) {
        p->joined = 1;
    } else if (!strncmp(text, "{\"type\":\"welcome\"", 17)) {
        say(p, "{\"type\":\"join\"}");
    }
}

/* Whole text frames of what has come; pings are answered. */
static void take(Player *p) {
    size_t at = 0;
    while (p->have >= at + 2) {
        unsigned char *d = (unsigned char *)p->buffer + at;
        size_t n = d[1] & 127, head = 2;
        if (n == 126) {
            if (p->have < at + 4) break;
            n = (size_t)d[2] << 8 | d[3];
            head = 4;
        } else if (n == 127) {
            if (p->have < at + 10) break;
            n = 0;
            for (int i = 2; i < 10; i++) n = n << 8 | d[i];
            head = 10;
        }
        if (p->have < at + head + n) break;
        if ((d[0] & 15) == 1) {
            char kept = p->buffer[at + head + n];
            p->buffer[at + head + n] = 0;
            hear(p, p->buffer + at + head);
            p->buffer[at + head + n] = kept;
        } else if ((d[0] & 15) == 9) {
            char pong[6] = {(char)0x8a, (char)0x80, 0, 0, 0, 0};
            if (send(p->fd, pong, 6, MSG_NOSIGNAL) < 0) lost++;
        }
        at += head + n;
    }
    memmove(p->buffer, p->buffer + at, p->have - at);
    p->have -= at;
}

static void pump(int poll, int wait_ms) {
    struct epoll_event events[512];
    int n = epoll_wait(poll, events, 512, wait_ms);
    for (int i = 0; i < n; i++) {
        Player *p = events[i].data.ptr;
        if (p->have + 65536 + 1 > p->size) {
            p->size *= 2;
            p->buffer = realloc(p->buffer, p->size);
        }
        ssize_t got = recv(p->fd, p->buffer + p->have, 65536, 0);
        if (got <= 0) {
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            epoll_ctl(poll, EPOLL_CTL_DEL, p->fd, NULL);
            close(p->fd);
            p->open = 0;
            lost++;
            continue;
        }
        bytes_in += got;
        p->have += got;
        take(p);
    }
}

static void join_room(Player *p, int poll, int port, const char *path, const char *token) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(p->fd, (struct sockaddr *)&to, sizeof to)) { perror("connect"); exit(1); }
    int one = 1;
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    char text[4096];
    int n = snprintf(text, sizeof text,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                     "Authorization: Bearer %s\r\n\r\n", path, token);
    if (send(p->fd, text, n, 0) != n) exit(1);
    p->size = BUFFER;
    p->buffer = malloc(p->size);
    char *end;
    do {
        ssize_t got = recv(p->fd, p->buffer + p->have, p->size - p->have - 1, 0);
        if (got <= 0) { fprintf(stderr, "no handshake\n"); exit(1); }
        p->have += got;
        p->buffer[p->have] = 0;
    } while (!(end = strstr(p->buffer, "\r\n\r\n")));
    end += 4;
    p->have -= end - p->buffer;
    memmove(p->buffer, end, p->have);
    p->open = 1;
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = p};
    epoll_ctl(poll, EPOLL_CTL_ADD, p->fd, &event);
    take(p);
}

static int by_took(const void *a, const void *b) {
    uint32_t x = ((const Sample *)a)->took_us, y = ((const Sample *)b)->took_us;
    return x < y ? -1 : x > y;
}

int main(int count, char **given) {
    if (count < 7) return 2;
    double seconds = atof(given[1]);
    if (seconds > SECONDS_MAX) return 2;
    bet_window_us = 1000 * atoi(given[4]);
    cash_window_us = 1000 * atoi(given[5]);
    FILE *file = fopen(given[2], "r");
    if (!file) return 2;
    samples = malloc(sizeof(Sample) * 20000000);
    int poll = epoll_create1(0), players_n = 0;
    char token[2048];
    srand48(1);
    while (fgets(token, sizeof token, file) && players_n < PLAYERS_MAX) {
        token[strcspn(token, "\n")] = 0;
        join_room(&players[players_n], poll, atoi(given[6 + players_n % (count - 6)]), given[3], token);
        if (++players_n % 20 == 0) pump(poll, 0);
    }
    int joined = 0;
    for (uint64_t until = now_us() + 60000000; joined < players_n && now_us() < until;) {
        pump(poll, 20);
        joined = 0;
        for (int i = 0; i < players_n; i++) joined += players[i].joined;
    }
    printf("{\"joined\":%d}\n", joined);
    fflush(stdout);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    messages = bytes_in = 0;
    uint64_t begun = now_us(), last = begun, end = begun + (uint64_t)(seconds * 1e6);
    while (last < end) {
        pump(poll, 2);
        uint64_t now = now_us();
        /* The canary: a turn of at most 2 ms of waiting and little work that took this long was a stall. */
        if (now - last > STALL_US)
            for (uint64_t s = (last - begun) / 1000000; s <= (now - begun) / 1000000; s++) stalled[s] = 1;
        last = now;
        for (int i = 0; i < players_n; i++) {
            Player *p = &players[i];
            if (!p->open) continue;
            if (p->bet_us && now >= p->bet_us) { p->bet_us = 0; move(p, "bet", "{\"amount\":10}", 0); }
            if (p->cash_us && now >= p->cash_us) { p->cash_us = 0; move(p, "cash_out", "{}", 1); }
        }
    }
    for (uint64_t until = now_us() + 3000000; now_us() < until;) pump(poll, 20);
    getrusage(RUSAGE_SELF, &after);
    size_t kept = 0, dropped_s = 0;
    for (size_t s = 0; s <= (size_t)seconds; s++) dropped_s += stalled[s];
    for (size_t i = 0; i < sampled; i++) {
        uint64_t s = (samples[i].at_us - begun) / 1000000;
        if (s > SECONDS_MAX || !stalled[s]) samples[kept++] = samples[i];
    }
    qsort(samples, kept, sizeof(Sample), by_took);
    double cpu_s = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) + (after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                   1e-6 * ((after.ru_utime.tv_usec - before.ru_utime.tv_usec) +
                           (after.ru_stime.tv_usec - before.ru_stime.tv_usec));
    printf("{\"sent\":%zu,\"played\":%zu,\"refused\":%zu,\"lost\":%zu,\"messages\":%zu,\"bytes\":%llu,\"stalled_s\":%zu,"
           "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,\"cpu_s\":%.2f}\n",
           sent, played, refused, lost, messages, (unsigned long long)bytes_in, dropped_s,
           kept ? samples[kept / 2].took_us / 1e3 : 0, kept ? samples[kept * 99 / 100].took_us / 1e3 : 0,
           kept ? samples[kept - 1].took_us / 1e3 : 0, cpu_s);
    return 0;
}
