// Runs at the end of a copy of the page, and leaves what it has to complain of in an element of its own.
(() => {
  const script = document.currentScript;
  const asked = { width: Number(script.dataset.width), scheme: script.dataset.scheme };
  const complaints = [];
  const complain = (text) => complaints.push(text);
  const name = (element) => {
    const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${element.tagName.toLowerCase()} class="${element.getAttribute("class") || ""}"> '${text}'`;
  };

  // The check is worth nothing if the page isn't shown as it was asked for.
  if (innerWidth !== asked.width) complain(`the page is ${innerWidth} wide, not ${asked.width}`);
  if (!matchMedia(`(prefers-color-scheme: ${asked.scheme})`).matches) complain(`the scheme is not ${asked.scheme}`);

  const checkWidth = (when) => {
    const width = document.documentElement.scrollWidth;
    if (width <= innerWidth) return;
    const widest = [...document.body.querySelectorAll("*")]
      .filter((e) => !e.closest(".scroll > *") && e.getBoundingClientRect().right > innerWidth + 0.5)[0];
    complain(`${when}: the page scrolls sideways, ${width} > ${innerWidth}; first too wide: ${widest ? name(widest) : "?"}`);
  };
  checkWidth("closed");
  for (const details of document.querySelectorAll("details")) details.open = true;
  checkWidth("open");

  // Contrast, by the formula of WCAG 2.
  const parse = (color) => {
    const parts = color.match(/[\d.]+/g);
    if (!parts || color === "none") return null;
    const [r, g, b, a] = parts.map(Number);
    return { r, g, b, a: a === undefined ? 1 : a };
  };
  const over = (top, bottom) => ({
    r: top.r * top.a + bottom.r * (1 - top.a),
    g: top.g * top.a + bottom.g * (1 - top.a),
    b: top.b * top.a + bottom.b * (1 - top.a),
    a: 1,
  });
  const luminance = (color) => {
    const linear = [color.r, color.g, color.b].map((c) => {
      const share = c / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const background = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color && color.a > 0) layers.push(color);
      if (color && color.a === 1) break;
    }
    const canvas = asked.scheme === "dark" ? { r: 18, g: 18, b: 18, a: 1 } : { r: 255, g: 255, b: 255, a: 1 };
    return layers.reverse().reduce((below, layer) => over(layer, below), canvas);
  };
  const checkContrast = (element, color, least) => {
    if (!color) return;
    const behind = background(element);
    const ratio = contrast(over(color, behind), behind);
    if (ratio < least) complain(`contrast ${ratio.toFixed(2)} < ${least}: ${name(element)}`);
  };
  const isShown = (element) => element.getClientRects().length > 0;
  let texts = 0;
  for (const element of document.body.querySelectorAll("*")) {
    if (!isShown(element) || element.closest("script, title, desc")) continue;
    const hasText = [...element.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim() !== "");
    if (!hasText) continue;
    texts += 1;
    const style = getComputedStyle(element);
    const isDrawn = element.ownerSVGElement !== null && element.ownerSVGElement !== undefined;
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    checkContrast(element, parse(isDrawn ? style.fill : style.color), isLarge ? 3 : 4.5);
  }
  if (texts < 20) complain(`only ${texts} texts were looked at`);
  for (const mark of document.querySelectorAll("svg .mark, svg .line, svg .whisker, svg .bound, svg .cap, svg .over")) {
    if (!isShown(mark)) continue;
    const style = getComputedStyle(mark);
    checkContrast(mark, parse(mark.classList.contains("solid") ? style.fill : style.stroke), 3);
  }

  // What those need who can't see the drawings.
  const textOf = (id) => (document.getElementById(id)?.textContent || "").trim();
  for (const svg of document.querySelectorAll("svg")) {
    if (svg.getAttribute("aria-hidden") === "true") continue;
    const ids = (svg.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean);
    const isNamed = ids.length >= 2 && ids.every((id) => textOf(id) !== "");
    if (svg.getAttribute("role") !== "img" || !isNamed) complain(`a drawing without title and description: ${name(svg)}`);
    const figure = svg.closest("figure");
    if (!figure || figure.querySelectorAll("details td").length === 0) complain(`a drawing without its figures: ${name(svg)}`);
  }
  for (const image of document.querySelectorAll("img:not([alt])")) complain(`an image without alt: ${image.outerHTML}`);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) complain(`the id ${id} is there twice`);
  for (const link of document.querySelectorAll("a[href]")) {
    if (link.textContent.trim() === "") complain(`a link without words: ${link.outerHTML}`);
    const target = link.getAttribute("href");
    if (!target.startsWith("#") || !document.getElementById(target.slice(1))) complain(`a link to nowhere: ${target}`);
  }
  for (const area of document.querySelectorAll(".scroll")) {
    if (area.tabIndex < 0 || !area.getAttribute("aria-label")) complain(`a table that the keyboard can't scroll: ${name(area)}`);
  }
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) complain(`h${own} after h${level}: ${name(heading)}`);
    level = own;
  }
  if (document.querySelectorAll("h1").length !== 1) complain("there must be one h1");
  if (!document.documentElement.lang || !document.title.trim()) complain("no language, or no title");

  // Letters that can be read, within the drawing and not on each other.
  for (const svg of document.querySelectorAll("figure svg[role=img]")) {
    const frame = svg.getBoundingClientRect();
    const scale = frame.width / svg.viewBox.baseVal.width;
    const boxes = [...svg.querySelectorAll("text")].map((text) => ({ text, box: text.getBoundingClientRect() }));
    for (const { text, box } of boxes) {
      const size = parseFloat(getComputedStyle(text).fontSize) * scale;
      if (size < 9) complain(`letters of ${size.toFixed(1)} px: ${name(text)}`);
      if (box.left < frame.left - 8 || box.right > frame.right + 8) complain(`sticks out of its drawing: ${name(text)}`);
    }
    boxes.forEach((a, index) => {
      for (const b of boxes.slice(index + 1)) {
        const x = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const y = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (x > 3 && y > 5) complain(`one on the other: ${name(a.text)} and ${name(b.text)}`);
      }
    });
  }

  const result = document.createElement("pre");
  result.id = "report-check";
  const lines = [...new Set(complaints)];
  result.textContent = ["report-check begins", ...lines.slice(0, 30).map((line) => `complaint: ${line}`),
    `report-check ends: ${lines.length} complaints, ${texts} texts`].join("\n");
  document.body.append(result);
})();
