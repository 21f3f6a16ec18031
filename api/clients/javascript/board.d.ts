/** When something ends, and what it is: `[text key, parts, at]` of a tournament. */
export function clockOf(client: any): any[];
/** The clock of a tournament in words. */
export function clockText(client: any, words: any): any;
export class PitbossBoard extends OfTournament {
    _rows: Map<any, any>;
    _parts: {
        name: HTMLHeadingElement;
        clock: HTMLSpanElement;
        line: HTMLSpanElement;
        players: HTMLSpanElement;
        pool: HTMLSpanElement;
        podium: HTMLOListElement;
        body: HTMLTableSectionElement;
        note: HTMLParagraphElement;
        me: HTMLParagraphElement;
        said: HTMLParagraphElement;
        pause: HTMLButtonElement;
    };
    _pause(): void;
    _paused: any;
    _drawRows(board: any): void;
    _movedAt: number;
    _row(player: any): any;
    /** Who climbed or fell, for three seconds. */
    _arrow(line: any, cell: any, position: any): void;
    /** Rows slide from where they were; all are of one height, so nothing is measured but that. */
    _glide(rows: any, before: any): void;
    _drawEnd(board: any): void;
    _drawMe(client: any): void;
    _saidAt: number;
}
export class PitbossTicker extends OfTournament {
    _line: HTMLParagraphElement;
}
export class PitbossLobby extends HTMLElement {
    connectedCallback(): Promise<void>;
    _words: import("./texts.js").Words;
    _list: HTMLUListElement;
    _looking: number;
    disconnectedCallback(): void;
    _look(): Promise<void>;
    _offset: number;
    _draw(tournaments: any): void;
}
/** What both views of a tournament share: a client of its own, or one that is given, and words. */
declare class OfTournament extends HTMLElement {
    static observedAttributes: string[];
    /** @type {(() => void)[]} */
    _stops: (() => void)[];
    /** @type {ReturnType<typeof setInterval> | undefined} */
    _ticking: ReturnType<typeof setInterval> | undefined;
    /** Make the parts, in the present language. */
    _build(): void;
    /** Show what is so. */
    _draw(): void;
    set client(client: import("./client.js").Tournament);
    /** The client: set it to share one connection with other parts of a page. @type {import("./client.js").Tournament} */
    get client(): import("./client.js").Tournament;
    _client: import("./client.js").Tournament;
    connectedCallback(): void;
    disconnectedCallback(): void;
    _own: boolean;
    attributeChangedCallback(name: any): void;
    _start(): Promise<void>;
    _speak(): Promise<void>;
    _words: import("./texts.js").Words;
    /** A token is read once, so that nothing else on the page finds it. */
    _takeToken(): string;
    _leave(): void;
    /** Draw once a frame, however much came. */
    _later(): void;
    _asked: any;
}
export {};
