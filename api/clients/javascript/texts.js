// Texts by language: English comes along, others are loaded when they are asked for.
import en from "./texts/en.js";

export const LANGUAGES = ["en", "de", "es", "pt", "tr", "ar"];
const LINES = { live: "live", connecting: "connecting", reconnecting: "reconnecting", over: "final", unauthorized: "signInAgain" };
const RIGHT_TO_LEFT = new Set(["ar"]);

/** The words of a language, numbers and money as it writes them. */
export class Words {
  constructor(language = "en", texts = en) {
    this.language = language;
    this.direction = RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr";
    this._texts = texts;
    this._formats = new Map();
  }

  /** A text with its parts filled in. @param {string} key @param {Record<string, any>} [parts] */
  say(key, parts = {}) {
    return (this._texts[key] ?? en[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => parts[name] ?? "");
  }

  /** How a client's connection is. @param {string} connection */
  line(connection) {
    return this.say(LINES[connection] ?? "gone");
  }

  /** A number with as many places as it needs, or with exactly so many. @param {number} value @param {number} [places] */
  number(value, places) {
    const options = places === undefined ? { maximumFractionDigits: 4 } : { minimumFractionDigits: places, maximumFractionDigits: places };
    return this._format(`n${places}`, options).format(value);
  }

  /** An amount in a currency, with that currency's decimals. @param {number} amount @param {string} currency */
  money(amount, currency) {
    try {
      return this._format(`m${currency}`, { style: "currency", currency }).format(amount);
    } catch {
      return `${this.number(amount)} ${currency}`;
    }
  }

  /** Minutes and seconds, hours where there are any. @param {number} ms */
  time(ms) {
    const seconds = Math.max(0, Math.ceil(ms / 1_000)), two = value => String(value).padStart(2, "0");
    const hours = Math.floor(seconds / 3_600), minutes = Math.floor(seconds / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  }

  _format(key, options) {
    if (!this._formats.has(key)) this._formats.set(key, new Intl.NumberFormat(this.language, options));
    return this._formats.get(key);
  }
}

/** Words of the language that is asked for, or the nearest that there is. @param {string} [language] */
export async function wordsOf(language = globalThis.navigator?.language ?? "en") {
  const short = language.toLowerCase().split("-")[0];
  if (short === "en" || !LANGUAGES.includes(short)) return new Words("en");
  return new Words(short, (await import(`./texts/${short}.js`)).default);
}
