// The proof of a crash game's chance, in integers: for pages, workers and Node.

const bytes = hex => Uint8Array.from(hex.match(/../g) ?? [], pair => parseInt(pair, 16));
const hex = data => Array.from(new Uint8Array(data), byte => byte.toString(16).padStart(2, "0")).join("");
const sha256 = async data => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

/** The salt as it must be: SHA-256 over commitment, digest of the entrants, and randomness of the beacon.
 * @param {any} fairness the answer of `GET .../fairness` */
export async function saltOf(fairness) {
  const parts = [fairness.commitment, fairness.entrants.sha256, fairness.beacon?.randomness ?? ""].join("");
  return hex(await sha256(bytes(parts)));
}

/** The crash point in hundredths that a link gives. @param {string} salt @param {string} link @param {number} edge in percent */
export async function pointOf(salt, link, edge) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(salt), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const drawn = BigInt(`0x${hex(await crypto.subtle.sign("HMAC", key, bytes(link))).slice(0, 13)}`);
  const whole = 1n << 52n, point = ((100n - BigInt(edge)) * whole) / (whole - drawn);
  return Number(point < 100n ? 100n : point);
}

/** Check flights from first to last: each link must be hashed to the one before, the first to the commitment.
 * @param {any} fairness @param {{flight: number, link: string, proves: any}[]} flights @param {(line: any) => void} tell */
export async function check(fairness, flights, tell) {
  const isSalt = (await saltOf(fairness)) === fairness.salt;
  let known = fairness.commitment, at = 0;
  for (const { flight, link, proves } of [...flights].sort((a, b) => a.flight - b.flight)) {
    let hash = bytes(link);
    for (let n = at; n < flight; n++) hash = await sha256(hash);
    const leads = hex(hash) === known, point = await pointOf(fairness.salt, link, fairness.settings.edgePercent);
    const same = proves.multiplier === undefined || Math.round(proves.multiplier * 100) === point;
    tell({ flight, link, multiplier: point / 100, isRight: isSalt && leads && same });
    [known, at] = [link, flight];
  }
  return isSalt;
}
