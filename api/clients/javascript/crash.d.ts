/** The multiplier so many milliseconds after the start. @param {number} ms */
export function climb(ms: number): number;
/** When the climb reaches a multiplier, in milliseconds after its start. @param {number} multiplier */
export function reachedAt(multiplier: number): number;
/** Follows the frames of a `Tournament` client. */
export class Flight {
    /** @param {import("./client.js").Tournament} client */
    constructor(client: import("./client.js").Tournament);
    client: import("./client.js").Tournament;
    phase: string;
    flight: number;
    startsAtMs: number;
    cap: number;
    crashed: number;
    lastPoints: any[];
    players: Map<any, any>;
    /** The bet of this player in this flight, and what became of it. */
    get bet(): any;
    get credits(): number;
    /** The multiplier as it is now; in a flight that is over, where it ended. */
    get multiplier(): number;
    /** Whether this player may leave the flight now. */
    get isFlying(): boolean;
    _whole(frame: any): void;
    opensMs: any;
    _event({ kind, data }: {
        kind: any;
        data: any;
    }): void;
    _left(players: any, multiplier: any): void;
}
