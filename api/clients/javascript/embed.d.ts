/** The casino's side: the page that holds the frame. `origin` is that of the game.
 * @param {HTMLIFrameElement} iframe @param {{origin: string}} options */
export function casino(iframe: HTMLIFrameElement, { origin }: {
    origin: string;
}): Channel;
/** The game's side, for any game in a frame. `origins` are those of the casino; the page that speaks first from one of them
 * is pinned. `ready` tells whether there is one: false after ten seconds of silence, or outside of a frame.
 * @param {{origins: string[], features?: string[], locale?: string, theme?: string}} options */
export function inCasino({ origins, features, locale, theme }: {
    origins: string[];
    features?: string[];
    locale?: string;
    theme?: string;
}): Channel;
/** Tell the casino's page what happens in a tournament, and take a fresh token from it. `isInterruptible` is asked when a
 * round ends: false while the player is in the middle of something. Returns how to stop.
 * @param {import("./client.js").Tournament} client @param {Channel} channel @param {() => boolean} [isInterruptible] */
export function relay(client: import("./client.js").Tournament, channel: Channel, isInterruptible?: () => boolean): () => void;
/** Keep the frame as high as what it shows. Returns how to stop. @param {Channel} channel */
export function tellHeight(channel: Channel): () => void;
/** What a framed game says. */
export const OUT: string[];
/** What a casino's page says. */
export const IN: string[];
/** One pinned partner. What comes from any other window or origin is ignored, and so is what is not known. */
declare class Channel {
    /** @param {string[]} knows */
    constructor(knows: string[]);
    _knows: Set<string>;
    _listeners: Map<any, any>;
    _partner: any;
    /** Settles once the partner is known: what it said of itself, or whether there is one. @type {Promise<any>} */
    ready: Promise<any>;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    _hello: ReturnType<typeof setInterval> | undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    _silence: ReturnType<typeof setTimeout> | undefined;
    /** Hear one type of message. Returns how to stop. @param {string} type @param {(data: any) => void} listener */
    on(type: string, listener: (data: any) => void): () => any;
    /** Say something; nothing happens before the partner is known. @param {string} type @param {object} [data] */
    send(type: string, data?: object): void;
    /** Stop listening. */
    close(): void;
    _listen(hear: any): void;
    _hears: (event: any) => void;
    _is(event: any): boolean;
    _tell(type: any, data: any): void;
}
export {};
