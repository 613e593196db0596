// The page of the service: forms that ask it, and what it answers.
const $ = (id) => document.getElementById(id);
const N_OWN = 5;
let token = "";
let watching = null;
let urls = [];

async function ask(path, options = {}) {
  const headers = { ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(path, { ...options, headers });
  if (answer.ok) return answer;
  if (answer.status === 401) $("token-form").hidden = false;
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail || `The service answered ${answer.status}.`);
}

const askJson = async (path, options) => (await ask(path, options)).json();

function sending(body, kind = "application/json") {
  return { method: "POST", body, headers: { "Content-Type": kind } };
}

function tell(id, words, isWrong = false) {
  $(id).textContent = words;
  $(id).classList.toggle("wrong", isWrong);
}

// Each form says that it works, and what went wrong; no second click before the first is answered.
function onSubmit(form, status, work) {
  $(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = $(form).querySelector("button");
    button.disabled = true;
    tell(status, "Working …");
    try {
      tell(status, await work());
    } catch (error) {
      tell(status, error.message, true);
    } finally {
      button.disabled = false;
    }
  });
}

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const chosen = (kind) => `/v1/${kind}s/${encodeURIComponent($(`${kind}-model`).value)}`;

async function begin() {
  const { models } = await askJson("/v1/models");
  $("token-form").hidden = true;
  for (const kind of ["recommender", "detector", "denoiser"]) {
    const own = models.filter((model) => model.kind === kind);
    const options = own.map((model) => {
      const label = `${model.name}@${model.version}`;
      return element("option", label, { value: label });
    });
    $(`${kind}-model`).replaceChildren(...options);
    $(kind).hidden = !own.length;
    if (own.length) await opened[kind]();
  }
  tell("served", `${models.length} ${models.length === 1 ? "model is" : "models are"} served.`);
}

const opened = {
  recommender: async () => {
    const { users } = await askJson(`${chosen("recommender")}/users?n=100`);
    $("users").replaceChildren(...users.map((user) => element("option", "", { value: user })));
    const known = await askJson(chosen("recommender"));
    showOwn(known.is_rated ? known.ratings : []);
  },
  detector: async () => {
    const { channels } = await askJson(chosen("detector"));
    tell("channels", `Columns: ${channels.join(", ")}; and one of times, if there are any.`);
    $("live").hidden = !(await ask(`${chosen("detector")}/series`).then(() => true, () => false));
  },
  denoiser: async () => {},
};

function showOwn(ratings) {
  const rows = [...Array(N_OWN).keys()].map((number) => {
    const row = element("div", "", { class: "own" });
    row.append(element("input", "", {
      "aria-label": `Title ${number + 1}`, placeholder: "Title", list: "titles", autocomplete: "off",
    }));
    if (ratings.length) {
      const select = element("select", "", { "aria-label": `Rating ${number + 1}` });
      select.append(...ratings.map((rating) => element("option", `${rating}`, { value: rating })));
      select.value = `${ratings[ratings.length - 1]}`;
      row.append(select);
    }
    return row;
  });
  $("own").replaceChildren(...rows);
}

async function suggest(text) {
  if (text.length < 2) return;
  const { items } = await askJson(`${chosen("recommender")}/items?search=${encodeURIComponent(text)}`);
  $("titles").replaceChildren(...items.map((item) => element("option", "", { value: item.title })));
}

function showList(items, caption) {
  const table = element("table", "", { class: "list" });
  table.append(element("caption", caption));
  const head = element("tr");
  for (const name of ["#", "Title", "Rating", "Because of"]) head.append(element("th", name, { scope: "col" }));
  const body = element("tbody");
  for (const item of items) {
    const row = element("tr");
    const rating = item.rating_mean === null ? "" : `${item.rating_mean.toFixed(1)} ± ${item.rating_std.toFixed(1)}`;
    const stars = item.because_rating === null ? "" : ` (${item.because_rating})`;
    row.append(
      element("td", `${item.rank}`), element("th", item.title, { scope: "row" }),
      element("td", rating), element("td", item.because ? `${item.because}${stars}` : ""),
    );
    body.append(row);
  }
  table.append(element("thead"), body);
  table.tHead.append(head);
  $("list").replaceChildren(table);
  return `${items.length} titles are listed.`;
}

onSubmit("token-form", "served", async () => {
  token = $("token").value;
  await begin();
  return $("served").textContent;
});

onSubmit("user-form", "recommender-status", async () => {
  const user = $("user").value;
  const path = `${chosen("recommender")}/users/${encodeURIComponent(user)}/recommendations?reasons=true`;
  return showList((await askJson(path)).items, `For user ${user}`);
});

onSubmit("own-form", "recommender-status", async () => {
  const rows = [...$("own").children].filter((row) => row.querySelector("input").value.trim());
  if (!rows.length) throw new Error("Name at least one title.");
  const named = rows.map((row) => row.querySelector("input").value.trim());
  const rated = rows.map((row, place) => ({ item: named[place], rating: Number(row.querySelector("select")?.value) }));
  const own = $("own").querySelector("select") ? { ratings: rated } : { choices: named };
  const path = `${chosen("recommender")}/recommendations/own`;
  const answer = await askJson(path, sending(JSON.stringify({ ...own, reasons: true })));
  const told = showList(answer.items, "For you");
  return [told, ...answer.unknown.map((each) => each.detail)].join(" ");
});

onSubmit("series-form", "detector-status", async () => {
  const [file] = $("series-file").files;
  const { page, n_events: n } = await askJson(`${chosen("detector")}/report`, sending(file, "text/csv"));
  const frame = element("iframe", "", { title: `Report about ${file.name}`, src: page });
  $("report").replaceChildren(frame);
  return `${n} ${n === 1 ? "event" : "events"} in ${file.name}.`;
});

onSubmit("picture-form", "denoiser-status", async () => {
  const [file] = $("picture-file").files;
  const answer = await ask(`${chosen("denoiser")}/clean`, sending(file, "application/octet-stream"));
  const clean = await answer.blob();
  urls.forEach((url) => URL.revokeObjectURL(url));
  urls = [URL.createObjectURL(file), URL.createObjectURL(clean)];
  const isShown = ["image/png", "image/jpeg"].includes(clean.type);
  $("compare").hidden = !isShown;
  if (isShown) [$("before").src, $("after").src] = urls;
  Object.assign($("download"), { href: urls[1], download: `clean-${file.name}`, hidden: false });
  const sigma = Number(answer.headers.get("X-Noise-Sigma"));
  return sigma ? `The noise had a strength of ${sigma.toPrecision(3)}.` : "No noise was found.";
});

onSubmit("rows-form", "live-status", async () => {
  const lines = $("rows").value.trim().split("\n");
  const rows = lines.map((line) => line.split(",").map((cell) => (cell.trim() === "" ? null : Number(cell))));
  const path = `${chosen("detector")}/series/${$("series-name").value}/rows`;
  const { n_rows: n } = await askJson(path, sending(JSON.stringify({ rows })));
  if (!watching) watch().catch(() => {});
  return `${n.toLocaleString("en")} rows so far.`;
});

onSubmit("live-form", "live-status", async () => {
  const path = `${chosen("detector")}/series/${$("series-name").value}`;
  const { n_rows: n, n_events: m } = await askJson(path);
  watch().catch((error) => tell("live-status", error.message, true));
  return `Watching: ${n.toLocaleString("en")} rows and ${m} events so far.`;
});

// Events that the server sends, read by hand: EventSource cannot show a token.
async function watch() {
  watching?.abort();
  const control = new AbortController();
  watching = control;
  $("alerts").replaceChildren();
  const path = `${chosen("detector")}/series/${$("series-name").value}/alerts`;
  const headers = { "Last-Event-ID": "0" };
  const answer = await ask(path, { headers, signal: control.signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const parts = (left + value).split("\n\n");
    left = parts.pop();
    for (const part of parts) {
      const line = part.split("\n").find((each) => each.startsWith("data: "));
      if (line) showAlert(JSON.parse(line.slice(6)));
    }
  }
  if (watching === control) watching = null;
}

function showAlert(alert) {
  const when = alert.time ?? `row ${alert.row}`;
  const reason = alert.reason ? ` (${alert.reason})` : "";
  const rare = `as rare as one normal row in ${Math.round(alert.severity).toLocaleString("en")}`;
  $("alerts").prepend(element("li", `Event ${alert.number}: ${alert.kind}${reason}, ${when}, ${alert.channel} ${alert.direction}, ${rare}`));
}

let typing = 0;
$("own").addEventListener("input", (event) => {
  clearTimeout(typing);
  if (event.target.tagName === "INPUT") typing = setTimeout(() => suggest(event.target.value).catch(() => {}), 150);
});
for (const kind of ["recommender", "detector"]) {
  $(`${kind}-model`).addEventListener("change", () => opened[kind]().catch((error) => tell(`${kind}-status`, error.message, true)));
}
$("slider").addEventListener("input", (event) => {
  document.querySelector(".pictures").style.setProperty("--cut", `${event.target.value}%`);
});
for (const place of document.querySelectorAll("[data-drop]")) {
  for (const name of ["dragover", "dragleave", "drop"]) {
    place.addEventListener(name, (event) => {
      event.preventDefault();
      place.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) $(place.dataset.drop).files = event.dataTransfer.files;
    });
  }
}
begin().catch((error) => tell("served", error.message, true));
