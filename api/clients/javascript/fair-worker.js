// Checks flights off the page's own thread.
import { check } from "./proof.js";

onmessage = async ({ data: { fairness, flights } }) => {
  const isSalt = await check(fairness, flights, line => postMessage(line));
  postMessage({ isDone: true, isSalt });
};
