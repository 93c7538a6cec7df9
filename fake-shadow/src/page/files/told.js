// What is told of one request when it is opened: the explanation first, then what was sent and answered. It uses `el` and
// `digits` of page.js, which comes first.
"use strict";

/** All that is known of a request, the explanation first. */
function whole(request) {
  const { explanation, answer } = request;
  return [
    explanation ? explained(explanation) : null,
    request.fault ? el("p", {}, `Met by fault ${request.fault.id}, ${request.fault.kind}.`) : null,
    request.operation ? el("p", {}, `${request.operation}${request.shadow ? ` on ${request.shadow}` : ""}, connection ${request.connection}`) : null,
    block("Request", headers(request.headers), content(request.body)),
    answer ? block(`Answer, ${answer.status}`, headers(answer.headers), content(answer.body)) : null,
    request.wire ? block("On the wire", code(request.wire.map((step) => JSON.stringify(step)).join("\n"))) : null,
    request.events?.length ? block("Published", code(request.events.map((event) => `${event.topic}\n${JSON.stringify(event.payload)}`).join("\n\n"))) : null,
  ].filter((piece) => piece !== null);
}

function explained({ outcome, message, findings, server }) {
  const words = {
    "only-this": "This alone is wrong", seen: "This can be seen", proven: "Proven by computing it again",
    "proven-pair": "Proven: both together", told: "By what the device says it signed", unexplained: "Nothing that was tried explains it",
  };
  const box = el("div", { class: "explained" }, el("p", { class: "quiet" }, words[outcome] ?? outcome));
  for (const finding of findings) box.append(...found(finding));
  if (findings.length === 0) box.append(el("p", {}, message));
  if (server) {
    box.append(
      block("Canonical request, as the service built it", code(server.canonical_request)),
      block("String to sign, as the service built it", code(server.string_to_sign)),
    );
  }
  return box;
}

function found({ headline, facts, difference, help }) {
  const list = el("dl");
  for (const { name, value } of facts) list.append(el("dt", {}, name), el("dd", {}, String(value)));
  if (difference) {
    const { place, expected, signed } = difference;
    const [one, other] = marked(expected, signed);
    list.append(el("dt", {}, "where"), el("dd", {}, place));
    list.append(el("dt", {}, "expected"), el("dd", {}, one), el("dt", {}, "signed"), el("dd", {}, other));
  }
  return [el("h4", {}, headline), list, el("p", { class: "help" }, help)];
}

/** Two texts, each with the part marked in which they differ. */
function marked(one, other) {
  const nothing = () => el("span", { class: "quiet" }, "(not there)");
  if (one === null || other === null) return [one ?? nothing(), other ?? nothing()];
  const least = Math.min(one.length, other.length);
  let [head, tail] = [0, 0];
  while (head < least && one[head] === other[head]) head += 1;
  while (tail < least - head && one.at(-1 - tail) === other.at(-1 - tail)) tail += 1;
  return [one, other].map((text) => {
    const end = text.length - tail;
    return el("span", {}, text.slice(0, head), el("mark", {}, text.slice(head, end)), text.slice(end));
  });
}

const code = (text) => el("pre", { tabindex: "0" }, text);
const block = (title, ...pieces) => el("section", {}, el("h4", {}, title), ...pieces);
const headers = (pairs) => code(pairs.map(([name, value]) => `${name}: ${value}`).join("\n"));

function content(body) {
  if (body === "" || body === null) return null;
  if (typeof body !== "string") return code(`base64: ${body.base64}`);
  try { return code(JSON.stringify(JSON.parse(body, digits), null, 2)); } catch { return code(body); }
}
