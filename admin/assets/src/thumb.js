/**
 * What makes a form quick under a thumb, beside the library's own fields; on a desk the style sheet hides it.
 *
 * - A choice that names its usual options (`properties.usual`) shows those as large buttons; the list with all of
 *   them comes behind “更多”, and by itself when another one is chosen already.
 * - A date that lies in the future (`properties.min_date` is `today`) can be set to tomorrow, in three days, next week.
 */
import { Datetime, Select } from '@bpmn-io/form-js-viewer';
import { h } from 'preact';
import { useState } from 'preact/hooks';

import { say } from './words.js';

const DAY = 24 * 3600 * 1000;

/** The days a follow-up is usually put to: what it is called and how many days away it is. */
const SOON = [['Tomorrow', 1], ['In 3 days', 3], ['Next week', 7]];

/** The ISO date `days` after `today`, an ISO date. */
const later = (today, days) => new Date(Date.parse(`${today}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

const button = (text, more, note = null) =>
  h('button', { type: 'button', class: 'renewal-quick-button', ...more }, text, note && h('small', null, note));

function QuickSelect(props) {
  const { field, value, disabled, readonly, onChange } = props;
  const usual = (field.properties?.usual ?? '').split(',').filter(Boolean);
  const [isOpen, setOpen] = useState(false);
  if (!usual.length || readonly) return h(Select, props);
  const labels = new Map(field.values.map((one) => [one.value, one.label]));
  const isOther = Boolean(value) && !usual.includes(value);
  const choices = usual.map((one) => button(labels.get(one), {
    key: one,
    disabled,
    'aria-pressed': String(value === one),
    onClick: () => { setOpen(false); onChange({ field, value: one }); },
  }));
  const more = button(say('More'), {
    disabled,
    'aria-expanded': String(isOpen || isOther),
    onClick: () => setOpen(!isOpen),
  });
  return h('div', { class: `renewal-usual${isOpen || isOther ? ' is-open' : ''}` },
    h(Select, props),
    h('div', { class: 'renewal-quick', role: 'group', 'aria-label': field.label }, choices, more));
}
QuickSelect.config = Select.config;

const quickDatetime = (today) => {
  function QuickDatetime(props) {
    const { field, value, disabled, readonly, onChange } = props;
    const isAhead = field.subtype === 'date' && field.properties?.min_date === 'today';
    if (!isAhead || !today || readonly) return h(Datetime, props);
    const days = SOON.map(([name, count]) => [say(name), later(today, count)]);
    return h('div', { class: 'renewal-soon' },
      h(Datetime, props),
      h('div', { class: 'renewal-quick', role: 'group', 'aria-label': field.dateLabel }, days.map(([name, day]) =>
        button(name, {
          key: day,
          disabled,
          'aria-pressed': String(value === day),
          onClick: () => onChange({ field, value: day }),
        }, day.slice(5)))));
  }
  QuickDatetime.config = Datetime.config;
  return QuickDatetime;
};

/** The form-js module that draws both; `today` is the business date, ISO. */
export function thumbModule(today) {
  function Thumb(formFields) {
    formFields.register('select', QuickSelect);
    formFields.register('datetime', quickDatetime(today));
  }
  Thumb.$inject = ['formFields'];
  return { __init__: ['thumb'], thumb: ['type', Thumb] };
}
