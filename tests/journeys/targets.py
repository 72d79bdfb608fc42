"""Find what is too small to tap: WCAG 2.5.8, 24 by 24 CSS pixels, with its exceptions of spacing and of links in a text."""

from playwright.sync_api import Page

SMALL_TARGETS = """() => {
    const SIZE = 24, SLACK = .5;
    const visible = it => it.checkVisibility({visibilityProperty: true}) && !it.closest(".vh, .skip, [inert]");
    const isInText = it => {
        // A link in a sentence: the block around it has words that are no link, or it is broken over lines.
        if (getComputedStyle(it).display !== "inline") return false;
        let block = it.parentElement;
        while (getComputedStyle(block).display === "inline") block = block.parentElement;
        const copy = block.cloneNode(true);
        copy.querySelectorAll("a, button, input, select, .vh, svg").forEach(other => other.remove());
        return copy.textContent.trim().length > 2;
    };
    const boxOf = it => {
        const boxes = [it, ...(it.labels || [])].map(part => part.getBoundingClientRect()).filter(box => box.width);
        const [left, top] = ["left", "top"].map(side => Math.min(...boxes.map(box => box[side])));
        const [right, bottom] = ["right", "bottom"].map(side => Math.max(...boxes.map(box => box[side])));
        return {left, top, right, bottom, width: right - left, height: bottom - top};
    };
    const targets = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
        .filter(visible).map(it => ({it, box: boxOf(it)})).filter(({box}) => box.width > 1);
    const isSmall = ({box}) => box.width < SIZE - SLACK || box.height < SIZE - SLACK;
    const middle = ({box}) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const distanceToBox = ([x, y], box) => Math.hypot(
        Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
    const isCrowded = target => targets.some(other => {
        if (other.it === target.it || other.it.contains(target.it) || target.it.contains(other.it)) return false;
        const center = middle(target);
        if (distanceToBox(center, other.box) < SIZE / 2 - SLACK) return true;
        const [x, y] = middle(other);
        return isSmall(other) && Math.hypot(center[0] - x, center[1] - y) < SIZE - SLACK;
    });
    return targets.filter(target => isSmall(target) && !isInText(target.it) && isCrowded(target)).map(({it, box}) =>
        `${Math.round(box.width)}x${Math.round(box.height)} ${it.outerHTML.slice(0, 120)} in ${it.parentElement.className}`);
}"""
# Parts of navigation that lie outside of the window, or of the box that cuts them off.
CUT_OFF = """() => [...document.querySelectorAll("nav a, header a, header button")].filter(it => {
    if (!it.checkVisibility() || it.closest(".vh, .skip")) return false;
    const box = it.getBoundingClientRect();
    const isOutside = (left, right) => box.left < left - .5 || box.right > right + .5;
    for (let around = it.parentElement; around; around = around.parentElement) {
        const {left, right} = around.getBoundingClientRect();
        if (getComputedStyle(around).overflowX !== "visible" && isOutside(left, right)) return true;
    }
    return isOutside(0, innerWidth);
}).map(it => it.outerHTML.slice(0, 120))"""


def small_targets(page: Page) -> list[str]:
    """Return what is too small to tap."""
    rows: list[str] = page.evaluate(SMALL_TARGETS)
    return rows


def cut_off_links(page: Page) -> list[str]:
    """Return the links of navigation that can't be seen without scrolling sideways."""
    rows: list[str] = page.evaluate(CUT_OFF)
    return rows
