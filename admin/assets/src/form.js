/**
 * User-task forms in the browser: a form-js definition becomes a form that speaks the language of the page.
 *
 *   const form = RenewalForm.mount(container, schema, data, { lang, today, readonly, problems, onChange });
 *   await form.ready          once the fields stand on the page; rejects a definition that cannot be shown
 *   form.getData()            what would be submitted: hidden and read-only fields left out
 *   form.validate()           { field: [text, …] }, empty when all is well; shows the texts and moves to the first
 *   form.showProblems({…})    shows what the server found; returns the texts that belong to no visible field
 *   form.isDirty()            whether anything was typed since the form was mounted
 *   form.destroy()
 *
 * The server validates again (forms/validate.py); this side only saves people a round trip.
 */
import { Form } from '@bpmn-io/form-js-viewer';
import flatpickr from 'flatpickr';
import { Mandarin } from 'flatpickr/dist/esm/l10n/zh.js';
import { english } from 'flatpickr/dist/esm/l10n/default.js';

import { thumbModule } from './thumb.js';
import { missing, speak, translateModule } from './words.js';

/** The calendar's Chinese, with the words for screen readers that its own table leaves in English. */
const zh = { ...Mandarin, yearAriaLabel: '年份', monthAriaLabel: '月份', hourAriaLabel: '时', minuteAriaLabel: '分' };

/** Texts as one flat list: a field inside a repeated group has a list for each repetition. */
const asList = (texts) => [texts].flat(Infinity).filter(Boolean).map(String);

/** Resolve once the fields stand on the page: form-js knows of a field when it is painted. */
const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/** Show `schema` filled with `data` inside `container`; see the head of this file for what comes back. */
export function mount(container, schema, data = {}, options = {}) {
  const { lang, today = null, readonly = false, problems = null, onChange = null } = options;
  flatpickr.localize(speak(lang) === 'zh' ? zh : english);
  container.replaceChildren();
  container.classList.add('renewal-form');

  const form = new Form({
    container,
    properties: { readOnly: readonly },
    // The library waits 300 ms before it takes note of a key; who types and submits at once would lose the end.
    debounce: false,
    additionalModules: [translateModule, thumbModule(today)],
  });
  let dirty = false;
  const ready = form.importSchema(schema, data).then(painted).catch((error) => {
    container.replaceChildren(Object.assign(document.createElement('p'), {
      className: 'renewal-form-broken',
      textContent: error.message,
    }));
    throw error;
  });
  form.on('field.updated', () => {
    dirty = true;
    if (onChange) onChange(form._getSubmitData());
  });

  const fields = () => form.get('formFieldRegistry').getAll();
  const keyOf = (id) => form.get('formFieldRegistry').get(id)?.key ?? id;

  function getData() {
    if (!readonly) form._emit('presubmit'); // fields that are worked out at the end, are worked out now
    return form._getSubmitData();
  }

  function validate() {
    const found = form.validate();
    focusFirst();
    return Object.fromEntries(Object.entries(found).map(([id, texts]) => [keyOf(id), asList(texts)]));
  }

  function showProblems(byKey) {
    const errors = { ...form._getState().errors };
    const homeless = [];
    for (const [key, texts] of Object.entries(byKey ?? {})) {
      const field = fields().find((one) => one.key === key || one.id === key);
      const isShown = field && form.get('formFieldInstanceRegistry').getAll().some((one) => one.id === field.id);
      if (isShown) errors[field.id] = asList(texts);
      else homeless.push(...asList(texts));
    }
    form._setState({ errors });
    focusFirst();
    return homeless;
  }

  /** Bring the first field with a problem into view once it is painted. */
  function focusFirst() {
    requestAnimationFrame(() => {
      const first = container.querySelector('.fjs-has-errors');
      if (!first) return;
      first.scrollIntoView({ block: 'center' });
      // A list opens when it gets the focus, and would cover the very text that asks for attention.
      first.querySelector('input:not([class*="select"]), textarea')?.focus({ preventScroll: true });
    });
  }

  if (problems) ready.then(() => showProblems(problems));
  return { ready, getData, validate, showProblems, isDirty: () => dirty, destroy: () => form.destroy(), form };
}

/** Texts of the library that have no Chinese; the browser tests expect none. */
export const untranslated = () => [...missing];
