/* Parts of pages that refresh by themselves, the sign that says whether the server answers, and times in the
   reader's zone. htmx asks and swaps; what is here decides when. No part of it is written into pages. */
(function () {
  "use strict";

  const LONGEST_WAIT = 30; // seconds between two tries while nobody answers
  const due = new Map(); // part's id → when it asks next (ms)
  let failures = 0;
  let retryAt = 0;
  let checkedAt = Date.now();

  function parts() {
    return Array.from(document.querySelectorAll("[data-live]"));
  }

  function seconds(part) {
    return Math.max(1, Number(part.dataset.seconds) || 60);
  }

  function plan(part) {
    due.set(part.id, Date.now() + seconds(part) * 1000);
  }

  // --- the sign in the header ---

  function show(state) {
    const sign = document.getElementById("console-connection");
    if (!sign) return;
    if (sign.dataset.state !== state) {
      sign.dataset.state = state;
      sign.querySelector("[data-text]").textContent = sign.getAttribute("data-says-" + state);
      sign.querySelector("[data-icon]").textContent = sign.getAttribute("data-" + state + "-sign");
    }
    sign.title = new Date(checkedAt).toLocaleTimeString();
  }

  // --- when to ask ---

  function ask(part) {
    plan(part);
    window.htmx.trigger(part, "refresh");
  }

  function tick() {
    if (document.hidden) return; // a tab that nobody looks at asks nothing
    const now = Date.now();
    if (failures) {
      // One part tries for all of them.
      const first = parts()[0];
      if (first && now >= retryAt) {
        retryAt = Infinity;
        ask(first);
      }
      return;
    }
    parts().forEach(function (part) {
      if (!due.has(part.id)) plan(part);
      else if (now >= due.get(part.id)) ask(part);
    });
  }

  function answered() {
    checkedAt = Date.now();
    if (failures) {
      failures = 0;
      // What was missed meanwhile is asked for at once.
      parts().forEach(function (part) { due.set(part.id, 0); });
    }
    show("live");
  }

  function failed() {
    const wait = Math.min(LONGEST_WAIT, Math.pow(2, failures));
    failures += 1;
    retryAt = Date.now() + wait * 1000;
    show("lost");
  }

  function partOf(event) {
    const part = event.detail.elt;
    return part && part.matches && part.matches("[data-live]") ? part : null;
  }

  document.addEventListener("htmx:configRequest", function (event) {
    const part = partOf(event);
    if (part && part.dataset.tag) event.detail.headers["If-None-Match"] = part.dataset.tag;
  });

  document.addEventListener("htmx:beforeSwap", function (event) {
    const part = partOf(event);
    if (!part) return;
    const answer = event.detail.xhr;
    event.detail.shouldSwap = false;
    if (unwell(answer)) return; // htmx:responseError follows
    if (answer.status !== 304 && !answer.responseText.includes('id="' + part.id + '"')) {
      show("signed-out"); // another page: the session is over
      return;
    }
    answered();
    if (answer.status === 304 || part.contains(writingIn())) return; // nothing new, or somebody is filling something in
    event.detail.shouldSwap = true;
    keepOpen(part);
  });

  document.addEventListener("htmx:afterSwap", function () { read(document); });
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      if (!partOf(event)) return;
      if (name !== "htmx:responseError" || unwell(event.detail.xhr)) failed();
      else show("signed-out");
    });
  });

  function unwell(answer) {
    return answer.status >= 500 || answer.status === 429;
  }

  function writingIn() {
    const active = document.activeElement;
    return active && active.matches("input, textarea, select") ? active : null;
  }

  // What was folded open stays open: its id is looked up in what takes its place.
  function keepOpen(part) {
    const open = Array.from(part.querySelectorAll("details[open][id]")).map(function (details) { return details.id; });
    document.addEventListener("htmx:afterSwap", function () {
      open.forEach(function (id) {
        const details = document.getElementById(id);
        if (details) details.open = true;
      });
    }, { once: true });
  }

  document.addEventListener("visibilitychange", function () {
    if (document.hidden) show("paused");
    else {
      show(failures ? "lost" : "live");
      retryAt = Math.min(retryAt, Date.now());
      tick();
    }
  });
  window.addEventListener("offline", failed);
  window.addEventListener("online", function () { retryAt = 0; tick(); });

  // --- times ---

  const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];

  function age(at) {
    const language = document.documentElement.lang || undefined;
    const words = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
    const passed = (at.getTime() - Date.now()) / 1000;
    const unit = UNITS.find(function (one) { return Math.abs(passed) >= one[1]; });
    return unit ? words.format(Math.trunc(passed / unit[1]), unit[0]) : words.format(0, "minute");
  }

  function two(number) {
    return String(number).padStart(2, "0");
  }

  function minute(at) {
    const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
    return day + " " + two(at.getHours()) + ":" + two(at.getMinutes());
  }

  function read(within) {
    within.querySelectorAll("time[data-shown]").forEach(function (time) {
      const at = new Date(time.dateTime);
      if (isNaN(at)) return;
      const text = time.dataset.shown === "ago" ? age(at) : minute(at);
      if (time.textContent !== text) time.textContent = text;
      time.title = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    read(document);
    show("live");
    window.setInterval(tick, 500);
    window.setInterval(function () { read(document); }, 60000);
  });
})();
