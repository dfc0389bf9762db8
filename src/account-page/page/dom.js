const main = document.getElementById('main');
const status = document.getElementById('status');

/** Makes an element. `on…` attributes are listeners, booleans toggle, null and false children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (typeof value === 'boolean') element.toggleAttribute(name, value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function button(label, onclick, kind = 'plain', attributes = {}) {
  return h('button', { type: 'button', class: kind, onclick, ...attributes }, label);
}

/** Puts a view on the screen: the title is where the keyboard and the screen reader go on. */
export function show(title, layout, ...children) {
  const heading = h('h1', { tabindex: '-1' }, title);
  document.title = `${title} – Stepgate`;
  main.className = layout;
  main.replaceChildren(heading, ...children.filter(Boolean));
  say('');
  heading.focus();
}

/** Tells what happened, on the screen and to the screen reader. */
export function say(text) {
  status.textContent = text;
}

/** A time, as it is written in the page's language and the person's region. */
export function time(iso) {
  const { lang } = document.documentElement;
  const region = navigator.languages.find((tag) => tag.startsWith(lang)) ?? lang;
  const format = new Intl.DateTimeFormat(region, { dateStyle: 'medium', timeStyle: 'short' });
  return h('time', { datetime: iso }, format.format(new Date(iso)));
}

let dialogs = 0;

/**
 * Opens a modal dialog; the browser keeps the focus in it and gives it back.
 * @param build makes the content, given a function that closes the dialog with a result
 * @returns the result, or undefined when it was cancelled
 */
export function openDialog(title, cancelLabel, build) {
  return new Promise((resolve) => {
    const id = `dialog-${(dialogs += 1)}`;
    let result;
    const dialog = h('dialog', { 'aria-labelledby': id });
    const close = (value) => {
      result = value;
      dialog.close();
    };
    const cancel = cancelLabel && button(cancelLabel, () => close(), 'quiet');
    dialog.append(h('h2', { id, tabindex: '-1' }, title), build(close), cancel ?? '');
    // What cannot be cancelled does not go away with Escape either.
    dialog.addEventListener('cancel', (event) => cancelLabel || event.preventDefault());
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
    (dialog.querySelector('input') ?? dialog.querySelector('h2')).focus();
  });
}
