// The API's pages, made from its own /openapi.json: nothing is fetched from anywhere else.

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function parameters(list) {
  const table = element("table");
  for (const each of list) {
    const row = table.insertRow();
    const shape = each.schema;
    row.insertCell().append(element("code", each.name));
    row.insertCell().textContent = each.description ?? (each.in === "path" ? "In the path" : "");
    const fallback = shape.default === undefined ? "" : `default ${shape.default}`;
    row.insertCell().textContent = each.required ? "required" : fallback;
    row.cells[2].className = "faint";
  }
  return table;
}

/** The fields of an answer, one level deep. */
function fields(document, operation) {
  const reference = operation.responses?.["200"]?.content?.["application/json"]?.schema?.$ref;
  const model = reference && document.components.schemas[reference.split("/").at(-1)];
  if (!model?.properties) return null;
  const names = Object.keys(model.properties).map((name) => `"${name}"`);
  return element("pre", `{ ${names.join(", ")} }`);
}

function operationOf(document, path, method, operation) {
  const panel = element("details", "", "panel");
  const summary = element("summary");
  summary.append(element("span", method.toUpperCase(), "method"), element("code", path), element("span", operation.summary, "faint"));
  panel.append(summary);
  if (operation.description) panel.append(element("p", operation.description));
  if (operation.parameters?.length) panel.append(parameters(operation.parameters));
  const answer = fields(document, operation);
  if (answer) panel.append(answer);
  if (method === "get" && !operation.parameters?.some((each) => each.required)) {
    const link = element("a", "Open", "method");
    link.href = path;
    panel.append(link);
  }
  return panel;
}

async function show() {
  const answer = await fetch("/openapi.json");
  const found = await answer.json();
  const place = document.getElementById("operations");
  const groups = new Map();
  for (const [path, methods] of Object.entries(found.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? "other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operationOf(found, path, method, operation));
    }
  }
  place.replaceChildren();
  for (const [tag, panels] of groups) {
    const list = element("div");
    list.style.cssText = "display:grid;gap:8px";
    list.append(...panels);
    place.append(element("h2", tag[0].toUpperCase() + tag.slice(1)), list);
  }
}

show().catch((error) => {
  document.getElementById("operations").textContent = `/openapi.json could not be read: ${error.message}`;
});
