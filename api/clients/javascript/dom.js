// Small helpers for elements: no inline style, no markup from strings.

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} [attributes] @param {...(Node|string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Write a text where it is another one. @param {Element} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** This machine under its other name, which is another site to a browser. */
export const otherSite = () => `http://${location.hostname === "localhost" ? "127.0.0.1" : "localhost"}:${location.port}`;

/** Whether the visitor asked for little movement. */
export const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
