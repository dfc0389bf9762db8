import { button, h } from './dom.js';
import { messageOf, t } from './texts.js';

let fields = 0;

/** A labelled input with its hint and its error. `attributes` are the input's own. */
export function field(name, label, { hint, optional = false, ...attributes } = {}) {
  const id = `field-${(fields += 1)}`;
  const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(' ');
  const input = h('input', {
    id,
    name,
    type: 'text',
    'aria-describedby': described,
    required: !optional,
    ...attributes,
  });
  const reveal =
    attributes.type === 'password' &&
    button(
      t.showPassword,
      ({ target }) => {
        input.type = input.type === 'password' ? 'text' : 'password';
        target.setAttribute('aria-pressed', String(input.type === 'text'));
      },
      'reveal',
      { 'aria-pressed': 'false' },
    );
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    reveal ? h('div', { class: 'with-reveal' }, input, reveal) : input,
    hint && h('p', { id: `${id}-hint`, class: 'hint' }, hint),
    h('p', { id: `${id}-error`, class: 'error' }),
  );
}

export function checkbox(name, label) {
  const id = `field-${(fields += 1)}`;
  return h('div', { class: 'check' }, h('input', { id, name, type: 'checkbox' }), h('label', { for: id }, label));
}

/**
 * A form that reports what goes wrong beside the field it concerns, in the page's language, and takes the focus there.
 * @param onSubmit gets the values by name; what it throws is shown
 */
export function form(children, submitLabel, onSubmit) {
  const alert = h('p', { class: 'error', role: 'alert' });
  const submit = h('button', { type: 'submit', class: 'primary' }, submitLabel);
  const element = h('form', { novalidate: true }, ...children, alert, submit);
  const inputs = () => [...element.querySelectorAll('input')];
  const complain = (input, text) => {
    input.setAttribute('aria-invalid', 'true');
    document.getElementById(`${input.id}-error`).textContent = text;
    input.focus();
  };
  const forget = () => {
    alert.textContent = '';
    for (const input of inputs().filter(({ type }) => type !== 'checkbox')) {
      input.removeAttribute('aria-invalid');
      document.getElementById(`${input.id}-error`).textContent = '';
    }
  };
  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    // Not `disabled`, which would drop the focus.
    if (submit.getAttribute('aria-disabled') === 'true') return;
    forget();
    const empty = inputs().find(({ required, value }) => required && value.trim() === '');
    if (empty) return complain(empty, t.required);
    submit.setAttribute('aria-disabled', 'true');
    try {
      const values = inputs().map(({ name, type, value, checked }) => [name, type === 'checkbox' ? checked : value]);
      await onSubmit(Object.fromEntries(values));
    } catch (error) {
      const wrong = inputs().find(
        ({ name }) => `/${name}` === error.pointer || (name === 'code' && error.code === 'invalid_code'),
      );
      if (wrong) complain(wrong, messageOf(error));
      else alert.textContent = messageOf(error);
      wrong?.select();
    } finally {
      submit.setAttribute('aria-disabled', 'false');
    }
  });
  return element;
}

/** A button with the manners of a form: busy while it works, and its error beside it. */
export function action(label, run, kind = 'plain') {
  const element = form([], label, run);
  element.className = 'action';
  element.querySelector('button').className = kind;
  return element;
}
