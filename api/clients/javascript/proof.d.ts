/** The salt as it must be: SHA-256 over commitment, digest of the entrants, and randomness of the beacon.
 * @param {any} fairness the answer of `GET .../fairness` */
export function saltOf(fairness: any): Promise<string>;
/** The crash point in hundredths that a link gives. @param {string} salt @param {string} link @param {number} edge in percent */
export function pointOf(salt: string, link: string, edge: number): Promise<number>;
/** Check flights from first to last: each link must be hashed to the one before, the first to the commitment.
 * @param {any} fairness @param {{flight: number, link: string, proves: any}[]} flights @param {(line: any) => void} tell */
export function check(fairness: any, flights: {
    flight: number;
    link: string;
    proves: any;
}[], tell: (line: any) => void): Promise<boolean>;
