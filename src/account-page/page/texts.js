import { de } from './texts.de.js';
import { en } from './texts.en.js';

const KEPT = 'stepgate.language';
const languages = { en, de };

/** The texts in the language of the page. */
export let t = en;

export const language = () => document.documentElement.lang;

export function chooseLanguage(name) {
  t = languages[name];
  document.documentElement.lang = name;
  localStorage.setItem(KEPT, name);
}

const wished = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())];
const first = wished.find((name) => Object.hasOwn(languages, name)) ?? 'en';
t = languages[first];
document.documentElement.lang = first;

/** What to tell a person about something that went wrong; empty when he broke it off himself. */
export function messageOf({ code, pointer, attemptsLeft, retryAfter }) {
  if (code === 'cancelled') return '';
  if (code === 'validation_failed') return t.invalid[pointer] ?? t.problems.validation_failed;
  if (code === 'invalid_code' && attemptsLeft !== undefined) return t.wrongCode(attemptsLeft);
  const text = t.problems[code] ?? t.problems.other;
  return retryAfter ? `${text} ${t.waitFor(retryAfter)}` : text;
}
