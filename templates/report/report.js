'use strict';

/** Sorts the body of a table by one column; empty values stay last. */
function sortBy(table, column, direction) {
  const valueOf = row => row.cells[column].dataset.value;
  const compare = (a, b) => {
    if (a === '' || b === '') return (a === '') - (b === '');
    return (
      direction * (isNaN(a) || isNaN(b) ? a.localeCompare(b, undefined, {numeric: true}) : a - b)
    );
  };
  const rows = [...table.tBodies[0].rows];
  table.tBodies[0].append(...rows.sort((a, b) => compare(valueOf(a), valueOf(b))));
}

for (const table of document.querySelectorAll('table[data-sortable]')) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.addEventListener('click', () => {
      const ascending = heading.getAttribute('aria-sort') !== 'ascending';
      for (const other of headings) other.setAttribute('aria-sort', 'none');
      heading.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
      sortBy(table, column, ascending ? 1 : -1);
    });
  });
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = navigator.clipboard === undefined;
  const copy = async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector('code').textContent);
    button.textContent = 'Copied';
  };
  button.addEventListener('click', () => void copy());
}

const list = document.querySelector('#exclude-list');
if (list !== null) {
  const code = list.querySelector('pre code');
  const lines = new Set(code.textContent.split('\n').filter(line => line !== ''));
  const boxes = [...document.querySelectorAll('input[data-exclude]')];
  for (const box of boxes) {
    box.addEventListener('change', () => {
      const line = box.dataset.exclude;
      if (box.checked) lines.add(line);
      else lines.delete(line);
      // A file may be shown by several findings.
      for (const other of boxes) if (other.dataset.exclude === line) other.checked = box.checked;
      code.textContent = [...lines]
        .sort()
        .map(each => `${each}\n`)
        .join('');
      list.querySelector('[data-exclude-count]').textContent = lines.size;
    });
  }
}

for (const region of document.querySelectorAll('.scroll')) {
  const fits = () => {
    region.nextElementSibling.hidden = region.scrollWidth <= region.clientWidth;
  };
  new ResizeObserver(fits).observe(region);
  fits();
  const names = region.querySelector('.row-names');
  if (names === null) continue;
  const {viewBox} = names.ownerSVGElement;
  region.addEventListener('scroll', () => {
    const scale = viewBox.baseVal.width / names.ownerSVGElement.getBoundingClientRect().width;
    names.setAttribute('transform', `translate(${region.scrollLeft * scale} 0)`);
  });
}

/** How far from a point the pointer may be, in pixels. */
const REACH = 24;

/** Shows the image of a point of the map: the one near the pointer, a tap, or by the arrow keys one after another. */
for (const map of document.querySelectorAll('.map')) {
  const [svg, preview] = [map.querySelector('svg'), map.querySelector('.map-preview')];
  const image = preview.querySelector('.map-image');
  const points = ['circle.mistaken', 'circle:not(.mistaken)'].flatMap(kind => [
    ...svg.querySelectorAll(kind),
  ]);
  // Tooltips would lie over the images.
  const texts = points.map(point => {
    const title = point.querySelector('title');
    title.remove();
    return title.textContent.split('\n');
  });
  let current = -1;

  const placeOf = point => {
    const scale = svg.clientWidth / svg.viewBox.baseVal.width;
    return [scale * point.getAttribute('cx'), scale * point.getAttribute('cy')];
  };

  const show = index => {
    points[current]?.classList.remove('current');
    current = index;
    const point = points[index];
    preview.hidden = point === undefined;
    if (point === undefined) return;
    point.classList.add('current');
    [preview.querySelector('b').textContent, preview.querySelector('small').textContent] =
      texts[index];
    const {tile} = point.dataset;
    if (image !== null) {
      const columns = Number(image.dataset.columns);
      image.hidden = tile === undefined;
      image.style.setProperty('--column', tile % columns);
      image.style.setProperty('--row', Math.floor(tile / columns));
    }
    const [x, y] = placeOf(point);
    const [width, height] = [preview.offsetWidth, preview.offsetHeight];
    const left = x + 14 + width > map.clientWidth ? x - 14 - width : x + 14;
    preview.style.left = `${Math.max(0, Math.min(left, map.clientWidth - width))}px`;
    preview.style.top = `${Math.max(0, Math.min(y - height / 2, map.clientHeight - height))}px`;
  };

  const step = by => {
    const from = current < 0 && by < 0 ? 0 : current;
    show((from + by + points.length) % points.length);
  };

  const showNearest = event => {
    const own = map.getBoundingClientRect();
    let [nearest, shortest] = [-1, REACH];
    points.forEach((point, i) => {
      const [x, y] = placeOf(point);
      const distance = Math.hypot(x - (event.clientX - own.left), y - (event.clientY - own.top));
      if (distance <= shortest) [nearest, shortest] = [i, distance];
    });
    if (nearest !== current) show(nearest);
  };
  map.addEventListener('pointermove', showNearest);
  map.addEventListener('pointerdown', showNearest);
  map.addEventListener('pointerleave', event => {
    if (event.pointerType === 'mouse') show(-1);
  });
  map.addEventListener('focusout', () => show(-1));
  map.addEventListener('keydown', event => {
    const steps = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1};
    if (event.key === 'Escape') show(-1);
    else if (event.key === 'Home') show(0);
    else if (event.key === 'End') show(points.length - 1);
    else if (event.key in steps) step(steps[event.key]);
    else return;
    event.preventDefault();
  });
}

/** Links to the sections, which the page names by itself. */
for (const contents of document.querySelectorAll('nav.contents')) {
  for (const heading of document.querySelectorAll('section > h2')) {
    const name = heading.textContent.trim();
    const link = document.createElement('a');
    heading.parentElement.id = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    link.href = `#${heading.parentElement.id}`;
    link.textContent = name;
    contents.append(link);
  }
}

/** Marks all images of the group that was linked to. */
function markGroup() {
  for (const figure of document.querySelectorAll('[data-group]'))
    figure.classList.toggle('chosen', `#${figure.dataset.group}` === location.hash);
}
addEventListener('hashchange', markGroup);
markGroup();

addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
});
