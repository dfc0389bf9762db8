import { h, say } from '../dom.js';
import { messageOf, t } from '../texts.js';

/**
 * A part of the account page that loads on its own.
 * @param draw gives the content, or undefined where the server has nothing of the kind: then the part is not shown.
 * It is given `reload(message)`, which draws again and says what happened.
 */
export function section(title, draw) {
  const heading = h('h2', { tabindex: '-1' }, title);
  const body = h('div', { class: 'stack' });
  const element = h('section', { class: 'card', hidden: true }, heading, body);
  const reload = async (message) => {
    try {
      const content = await draw(reload);
      element.hidden = content === undefined;
      body.replaceChildren(...(content ?? []));
    } catch (error) {
      element.hidden = false;
      body.replaceChildren(h('p', { class: 'error' }, messageOf(error)));
    }
    if (message) {
      heading.focus();
      say(message);
    }
  };
  return { element, reload };
}

/** A list of things, each with a title, a line about it, and what can be done with it. */
export function list(items, row) {
  if (items.length === 0) return h('p', { class: 'lead' }, t.nothingHere);
  return h('ul', { class: 'rows' }, ...items.map((item) => h('li', {}, ...entry(row(item)))));
}

function entry({ title, badge, about, actions = [] }) {
  const name = h('p', { class: 'name' }, title, badge ? h('span', { class: 'badge' }, badge) : null);
  const parts = about.filter(Boolean).flatMap((part, index) => (index === 0 ? [part] : [' · ', part]));
  return [h('div', {}, name, h('p', { class: 'about' }, ...parts)), h('div', { class: 'actions' }, ...actions)];
}
