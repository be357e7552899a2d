// Keeps a public status page current. The page is complete without it.
//
//   connecting -> live -> (nothing heard, or the stream broke) -> stale -> live
//                      -> (streams are refused here) -> polling, by the same rules
//
// The one rule: what is shown is called live only while the server was heard a moment ago.
(() => {
  const { live, json, page, zone, refresh } = document.body.dataset;
  if (!live) return;
  const isEmbed = document.body.classList.contains('embed');
  const pill = document.getElementById('pill');
  const stale = document.getElementById('stale');
  const asOf = document.getElementById('asof');
  const pollMs = Number(refresh) || 30000;
  // A moment to come back in; three beats of the server; two polls and their delay in a cache.
  const quietMs = () => (!isConnected ? 10000 : stream ? 45000 : pollMs * 2 + 40000);
  const clock = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
    timeZone: zone,
  });
  let version = document.body.dataset.version;
  let stream = null;
  let heardAt = Date.now();
  let shownAt = Date.parse(asOf.dateTime);
  let isConnected = false;
  let polls = 0;
  let etag = null;

  function heard(at) {
    heardAt = Date.now();
    if (at >= shownAt) {
      shownAt = at;
      asOf.dateTime = new Date(at).toISOString();
      asOf.textContent = clock.format(at);
    }
    isConnected = true;
    say();
  }

  // Wall clock on purpose: it goes on while a laptop sleeps, so that waking up shows the truth at once.
  function say() {
    const quiet = Date.now() - heardAt;
    const isStale = quiet > quietMs() || quiet < -5000;
    const word = isStale ? 'Not live' : !isConnected ? 'Connecting' : stream ? 'Live' : 'Current';
    pill.hidden = false;
    if (pill.textContent !== word) pill.textContent = word;
    pill.dataset.is = isStale ? 'stale' : isConnected ? 'live' : 'connecting';
    document.documentElement.classList.toggle('is-stale', isStale || !isConnected);
    const text = isStale
      ? `Not live: the server was last heard at ${clock.format(shownAt)}. What is shown may be out of date.`
      : '';
    if (stale.textContent !== text) stale.textContent = text;
    stale.hidden = !isStale;
  }

  function broke() {
    isConnected = false;
    say();
  }

  function changed(state) {
    if (state.title) document.title = state.title;
    if (state.icon) document.querySelector('link[rel=icon]')?.setAttribute('href', state.icon);
    if (state.main !== undefined) {
      const whole = new DOMParser().parseFromString(state.main, 'text/html').body;
      if (isEmbed) {
        for (const part of document.querySelectorAll('.part'))
          fill(part, whole.querySelector(`#${CSS.escape(part.id)}`));
      } else keeping(() => document.getElementById('main').replaceChildren(...whole.childNodes));
    }
    for (const [id, text] of Object.entries(state.parts ?? {})) {
      const part = document.getElementById(id);
      if (part) keeping(() => fill(part, new DOMParser().parseFromString(text, 'text/html').body));
    }
    version = state.v;
  }

  function fill(part, from) {
    if (!from) return;
    const open = [...part.querySelectorAll('details')].map((each) => each.open);
    part.replaceChildren(...from.cloneNode(true).childNodes);
    // What a reader opened stays open.
    for (const [i, each] of [...part.querySelectorAll('details')].entries()) if (i in open) each.open = open[i];
  }

  // A bar that has the focus keeps it when its row is replaced.
  function keeping(change) {
    const row = document.activeElement?.closest?.('.row')?.id;
    change();
    if (row) document.getElementById(row)?.querySelector('.bar')?.focus({ preventScroll: true });
  }

  function connect() {
    if (typeof EventSource !== 'function') {
      void poll();
      return;
    }
    const source = new EventSource(`${live}?v=${encodeURIComponent(version)}`);
    stream = source;
    source.addEventListener('state', (event) => {
      const state = JSON.parse(event.data);
      changed(state);
      heard(state.at);
    });
    source.addEventListener('beat', (event) => heard(JSON.parse(event.data).at));
    source.addEventListener('gone', () => {
      source.close();
      location.reload();
    });
    source.addEventListener('error', () => {
      broke();
      // The browser tries again by itself, except when it was refused; then polling takes over for a while.
      if (source.readyState !== 2) return;
      stream = null;
      polls = 0;
      void poll();
    });
  }

  async function poll() {
    polls += 1;
    try {
      const answer = await fetch(json, { headers: etag ? { 'if-none-match': etag } : {}, cache: 'no-cache' });
      if (answer.status === 404 || answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      etag = answer.headers.get('etag');
      // A cache on the way says how old its answer is: it was true then, not now.
      const age = Number(answer.headers.get('age')) || 0;
      const date = Date.parse(answer.headers.get('date') ?? '') || Date.now();
      const state = await answer.json();
      if (state.version !== version) {
        const fresh = await fetch(page, { cache: 'no-cache' });
        if (!fresh.ok) throw new Error(`answered ${fresh.status}`);
        const whole = new DOMParser().parseFromString(await fresh.text(), 'text/html');
        changed({
          v: whole.body.dataset.version,
          title: whole.title,
          icon: whole.querySelector('link[rel=icon]')?.getAttribute('href'),
          main: whole.getElementById('main').innerHTML,
        });
      }
      heard(date);
      heardAt -= age * 1000;
    } catch {
      broke();
    }
    // Now and then push is tried again: what refused it may be over.
    if (typeof EventSource === 'function' && polls % 10 === 0) connect();
    else setTimeout(() => void poll(), isConnected ? pollMs : Math.min(pollMs, 5000));
  }

  // The card of a day: for the pointer, the finger and the arrow keys.
  const card = document.createElement('div');
  card.id = 'card';
  card.hidden = true;
  card.setAttribute('role', 'status');
  document.body.append(card);

  function show(cell) {
    for (const each of document.querySelectorAll('.bar .on')) each.classList.remove('on');
    if (!cell) {
      card.hidden = true;
      return;
    }
    // The browser's own tip would stand beside the card.
    const title = cell.querySelector('title');
    if (title) {
      cell.dataset.says = title.textContent;
      title.remove();
    }
    cell.classList.add('on');
    const lines = (cell.dataset.says ?? '').split('\n').map((line) => {
      const p = document.createElement('p');
      p.textContent = line;
      return p;
    });
    card.replaceChildren(...lines);
    card.hidden = false;
    const at = cell.getBoundingClientRect();
    const width = card.offsetWidth;
    const left = Math.min(
      Math.max(8, at.left + at.width / 2 - width / 2),
      document.documentElement.clientWidth - width - 8,
    );
    card.style.setProperty('left', `${left + scrollX}px`);
    card.style.setProperty('top', `${at.bottom + scrollY + 8}px`);
  }

  document.addEventListener('pointerover', (event) => show(event.target.closest?.('.bar rect')));
  document.addEventListener('focusin', (event) => {
    if (event.target.matches?.('.bar')) show(event.target.querySelector('rect:last-of-type'));
  });
  document.addEventListener('focusout', () => show(null));
  document.addEventListener('keydown', (event) => {
    const bar = event.target.closest?.('.bar');
    if (event.key === 'Escape') show(null);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!bar || !step) return;
    event.preventDefault();
    const cells = [...bar.querySelectorAll('rect')];
    const now = cells.findIndex((cell) => cell.classList.contains('on'));
    show(cells[Math.min(Math.max(now + step, 0), cells.length - 1)]);
  });

  setInterval(say, 1000);
  document.addEventListener('visibilitychange', say);
  connect();
  say();
})();
