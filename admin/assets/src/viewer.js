/**
 * A process diagram with the path a renewal took and where it stands now.
 *
 *   const view = await RenewalViewer.show(container, xml, {
 *     completed: ['record_contact'], active: { coach_agent: 1 }, flows: ['flow_3'], incident: [],
 *     onDrill: (calledElement, elementId) => …, onSelect: (elementId) => …, lang: 'zh',
 *   });
 *   view.fit(); view.zoom(1.25); view.centre('coach_agent'); view.destroy();
 *
 * Ids that the diagram does not have are passed over: a renewal's history spans several diagrams.
 * Marks: is-done, is-live, is-flow-taken, is-incident, is-callable (colours in viewer.css).
 * Mouse drag, one finger sideways or two fingers move it; ctrl+wheel, pinch, + and - zoom; 0 fits.
 */
import Viewer from 'bpmn-js/lib/Viewer';

import { language, missing, say, speak, translateModule } from './words.js';

const LIMITS = { least: 0.2, most: 4 };
// At full size the smallest label is 11 pixels high; whatever does not fit so is shown in part.
const READABLE = 1;
const MARGIN = 24;
const STEP = 1.25;
const BAR = 52; // pixels of the bar above the diagram, as in viewer.css
// What lies on the diagram keeps its size, whatever the zoom: a thumb must hit it.
const STEADY = { show: { minZoom: 0 }, scale: false };
const ARROWS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

const views = new WeakMap();

/** Draw `xml` inside `container`, replacing what was shown there before. */
export async function show(container, xml, options = {}) {
  speak(options.lang);
  views.get(container)?.destroy();
  container.replaceChildren();
  container.classList.add('renewal-diagram');
  container.tabIndex = 0;
  container.setAttribute('role', 'group');
  container.setAttribute('aria-label', say('Process diagram'));

  const viewer = new Viewer({ container, additionalModules: [translateModule] });
  if (language() === 'en') viewer.on('import.parse.complete', ({ elementsById }) => nameInEnglish(elementsById));
  try {
    await viewer.importXML(xml);
  } catch (error) {
    viewer.destroy();
    container.replaceChildren(element('p', 'renewal-diagram-broken', say('This diagram cannot be shown: {reason}', { reason: error.message })));
    throw error;
  }

  mark(viewer, options);
  makeCallable(viewer, options.onDrill);
  if (options.onSelect) viewer.get('eventBus').on('element.click', ({ element: it }) => options.onSelect(it.id));

  reserve(viewer, container);
  const hand = navigate(viewer, container);
  container.prepend(toolbar(hand, container));
  hand.home(Object.keys(options.active ?? {}), options.completed ?? []);
  const view = {
    ...hand,
    viewer,
    destroy() {
      hand.release();
      viewer.destroy();
      views.delete(container);
    },
  };
  views.set(container, view);
  return view;
}

/** Texts of the library that have no Chinese; the browser tests expect none. */
export const untranslated = () => [...missing];

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Elements carry their English name as the extension property name_en; one without keeps its own. */
function nameInEnglish(elementsById = {}) {
  for (const it of Object.values(elementsById)) {
    const lists = it.extensionElements?.values ?? [];
    const found = lists.flatMap((list) => list.$children ?? list.values ?? []).find((one) => one.name === 'name_en');
    if (found?.value) it.name = found.value;
  }
  for (const { label, bpmnElement } of Object.values(elementsById)) {
    if (label?.bounds && bpmnElement?.name) widen(label.bounds, bpmnElement.name);
  }
}

/** A label's place was drawn for a few Chinese signs: give English words room, around the same middle. */
function widen(bounds, text) {
  const longest = Math.max(...text.split(' ').map((word) => word.length));
  const width = Math.max(bounds.width, longest * 6.5 + 8, Math.min(text.length * 6 + 8, 84));
  bounds.x -= (width - bounds.width) / 2;
  bounds.width = width;
}

/** Ask for the height that shows all of the diagram at full width; viewer.css keeps it within the window. */
function reserve(viewer, container) {
  const { inner } = viewer.get('canvas').viewbox();
  const scale = Math.min(1, container.clientWidth / (inner.width + 40));
  if (scale < READABLE) container.style.removeProperty('--diagram-height'); // only a part is shown then
  else container.style.setProperty('--diagram-height', `${Math.ceil((inner.height + 60) * scale) + 40 + BAR}px`);
}

function mark(viewer, { completed = [], active = {}, flows = [], incident = [] }) {
  const canvas = viewer.get('canvas');
  const known = viewer.get('elementRegistry');
  const put = (ids, marker) => ids.filter((id) => known.get(id)).forEach((id) => canvas.addMarker(id, marker));
  put(completed, 'is-done');
  put(flows, 'is-flow-taken');
  put(Object.keys(active), 'is-live');
  put(incident, 'is-incident');
  for (const [id, count] of Object.entries(active)) {
    if (!known.get(id)) continue;
    const badge = element('span', 'renewal-badge', String(count));
    badge.title = say('{count} here now', { count });
    viewer.get('overlays').add(id, 'renewal-live', { ...STEADY, position: { top: -12, right: 14 }, html: badge });
  }
}

/** Let a call activity be opened by click, tap or keyboard. */
function makeCallable(viewer, onDrill) {
  if (!onDrill) return;
  viewer.get('elementRegistry').filter((it) => it.type === 'bpmn:CallActivity' && it.businessObject.calledElement).forEach((it) => {
    const { calledElement, name } = it.businessObject;
    viewer.get('canvas').addMarker(it, 'is-callable');
    const button = element('button', 'renewal-drill', '⤢');
    button.type = 'button';
    button.title = say('Open stage diagram {element}', { element: name ?? calledElement });
    button.setAttribute('aria-label', button.title);
    button.addEventListener('click', (event) => {
      event.stopPropagation();
      onDrill(calledElement, it.id);
    });
    viewer.get('overlays').add(it, 'renewal-drill', { ...STEADY, position: { top: -10, left: -10 }, html: button });
  });
  viewer.get('eventBus').on('element.click', ({ element: it }) => {
    const called = it.type === 'bpmn:CallActivity' && it.businessObject.calledElement;
    if (called) onDrill(called, it.id);
  });
}

function toolbar(hand, container) {
  const bar = element('div', 'renewal-diagram-tools');
  const add = (sign, title, act) => {
    const button = element('button', 'renewal-diagram-tool', sign);
    button.type = 'button';
    button.title = title;
    button.setAttribute('aria-label', title);
    button.addEventListener('click', act);
    bar.append(button);
    return button;
  };
  add('+', say('Zoom in'), () => hand.zoom(STEP));
  add('−', say('Zoom out'), () => hand.zoom(1 / STEP));
  add('▭', say('Fit to view'), () => hand.fit());
  add('◎', say('Where it stands'), () => hand.back());
  const full = add(say('Full screen'), say('Full screen'), () => {
    const isFull = container.classList.toggle('is-full');
    full.setAttribute('aria-pressed', String(isFull));
    document.documentElement.classList.toggle('renewal-diagram-full', isFull);
    requestAnimationFrame(hand.back);
  });
  full.setAttribute('aria-pressed', String(container.classList.contains('is-full')));
  container.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && container.classList.contains('is-full')) full.click();
  });
  return bar;
}

/** Moving and zooming by mouse, touch, wheel and keys; returns the same as functions. */
function navigate(viewer, container) {
  const canvas = viewer.get('canvas');
  const fingers = new Map();
  const ended = new AbortController();
  const registry = viewer.get('elementRegistry');
  let isDrag = false;
  let here = fit;

  function fit() {
    canvas.resized();
    canvas.zoom('fit-viewport', 'auto');
    canvas.zoom(Math.min(1, canvas.zoom() * 0.97), 'auto'); // a margin, so that no line lies on the edge
  }

  /** The first view: all of it where that is readable, else where the renewal stands, ended, or begins. */
  function home(live, passed = []) {
    here = () => home(live, passed);
    fit();
    if (canvas.zoom() >= READABLE) return;
    const { inner, outer } = canvas.viewbox();
    const [width, height] = [outer.width / READABLE, outer.height / READABLE];
    const middle = middleOf(standing(live, passed), width, height);
    const within = (wish, from, whole, part) =>
      whole + 2 * MARGIN <= part ? from + whole / 2 - part / 2 : Math.min(Math.max(wish - part / 2, from - MARGIN), from + whole + MARGIN - part);
    canvas.viewbox({
      x: within(middle.x, inner.x, inner.width, width),
      y: within(middle.y, inner.y, inner.height, height),
      width,
      height,
    });
  }

  /** The shapes to look at: live ones, else the end that was reached, else the last one passed. */
  function standing(live, passed) {
    const known = (ids) => ids.map((id) => registry.get(id)).filter((it) => it && !it.waypoints);
    const reached = known(passed).sort((one, other) => one.x - other.x);
    const ends = reached.filter((it) => it.type === 'bpmn:EndEvent');
    const found = [known(live), ends.slice(-1), reached.slice(-1)].find((some) => some.length);
    return found ?? registry.filter((it) => it.type === 'bpmn:StartEvent').slice(0, 1);
  }

  /** The middle of the shapes where they fit together, else of the first. */
  function middleOf(shapes, width, height) {
    if (!shapes.length) return { x: 0, y: 0 };
    const box = (some) => ({
      left: Math.min(...some.map((it) => it.x)),
      right: Math.max(...some.map((it) => it.x + it.width)),
      top: Math.min(...some.map((it) => it.y)),
      bottom: Math.max(...some.map((it) => it.y + it.height)),
    });
    let all = box(shapes);
    if (all.right - all.left > width - 2 * MARGIN || all.bottom - all.top > height - 2 * MARGIN) all = box(shapes.slice(0, 1));
    return { x: (all.left + all.right) / 2, y: (all.top + all.bottom) / 2 };
  }

  function zoom(factor, around) {
    const wanted = Math.min(LIMITS.most, Math.max(LIMITS.least, canvas.zoom() * factor));
    canvas.zoom(wanted, around ?? 'auto');
  }

  function centre(id) {
    const it = registry.get(id);
    if (it) canvas.scrollToElement(it, { top: 80, right: 80, bottom: 80, left: 80 });
  }

  const at = (event) => {
    const box = canvas.getContainer().getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const spread = ([a, b]) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, width: Math.hypot(a.x - b.x, a.y - b.y) });

  function down(event) {
    if (event.button !== 0 || event.target.closest('button, a')) return;
    fingers.set(event.pointerId, at(event));
    isDrag = false;
  }

  function move(event) {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    // A hand trembles: less than five pixels is still a click.
    if (!isDrag && fingers.size === 1 && Math.hypot(now.x - before.x, now.y - before.y) < 5) return;
    isDrag = true;
    const was = [...fingers.values()];
    fingers.set(event.pointerId, now);
    if (fingers.size === 2) {
      const [from, to] = [spread(was), spread([...fingers.values()])];
      canvas.scroll({ dx: to.x - from.x, dy: to.y - from.y });
      if (from.width > 0) zoom(to.width / from.width, { x: to.x, y: to.y });
    } else {
      canvas.scroll({ dx: now.x - before.x, dy: now.y - before.y });
    }
  }

  const up = (event) => fingers.delete(event.pointerId);

  /** The click that ends a drag selects nothing. */
  function swallow(event) {
    if (!isDrag) return;
    isDrag = false;
    event.stopPropagation();
    event.preventDefault();
  }

  function wheel(event) {
    // Without ctrl the page scrolls, as people expect; a pinch on a touchpad arrives as ctrl+wheel.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1, at(event));
  }

  function key(event) {
    if (event.target !== container || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) canvas.scroll({ dx: arrow[0], dy: arrow[1] });
    else if (event.key === '+' || event.key === '=') zoom(STEP);
    else if (event.key === '-') zoom(1 / STEP);
    else if (event.key === '0') fit();
    else return;
    event.preventDefault();
  }

  const listen = (target, type, act, more = {}) => target.addEventListener(type, act, { signal: ended.signal, ...more });
  listen(container, 'pointerdown', down);
  listen(window, 'pointermove', move);
  listen(window, 'pointerup', up);
  listen(window, 'pointercancel', up);
  listen(container, 'click', swallow, { capture: true });
  listen(container, 'wheel', wheel, { passive: false });
  listen(container, 'keydown', key);
  const watch = new ResizeObserver(() => canvas.resized());
  watch.observe(container);

  return {
    fit,
    home,
    back: () => here(),
    zoom,
    centre,
    release() {
      ended.abort();
      watch.disconnect();
    },
  };
}
