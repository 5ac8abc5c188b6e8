"""Runs the cells of the notebook in evcxr, prints their outputs, and checks them.

`expected` in the metadata of a cell lists texts that its outputs contain, each after the type of the output, such as
`text/html <table>`, or `text` for the REPL.

    run.py kernel NOTEBOOK [--write] [--page FILE]    in the Jupyter kernel
    run.py repl NOTEBOOK                              in the REPL, line by line
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

# The first cell compiles the client and the server.
SECONDS = 3600
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# Lines of bars, as core/src/progress/cell.rs prints them.
MOVING, REPLACING = ("\x1b[38;2;38;120;178m", "\x1b[38;2;38;120;179m"), ("\x1b[38;2;38;120;178m", "\x1b[38;2;38;120;180m")


def outputs(cell):
    """Yields each output of a cell as its type and its text."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.name, output.text
        elif output.output_type == "error":
            yield "error", "\n".join(output.traceback) or output.evalue
        else:
            yield from output.data.items()


def missing(cell, shown, kinds):
    """Yields the expected outputs that a cell does not show."""
    for line in cell.metadata.get("expected", []):
        kind, text = line.split(" ", 1)
        if kind in kinds and not any(kind == other and text in ESCAPES.sub("", value) for other, value in shown):
            yield line


def drawings(text):
    """Returns the number of drawings in HTML. They have to be XML, so that other programs read them from files."""
    found = re.findall(r"<svg.*</svg>", text, re.DOTALL)
    for drawing in found:
        ElementTree.fromstring(drawing)
    return len(found)


def shortened(text):
    """Returns the text without the style sheet and the drawings, which are long."""
    text = re.sub(r"<style>.*?</style>\n?", "", text, flags=re.DOTALL)
    text = re.sub(r"<svg.*</svg>", lambda drawing: f"<svg … {len(drawing.group())} characters>", text, flags=re.DOTALL)
    return ESCAPES.sub("", text).rstrip()


def seen(text):
    """Returns the visible lines: the style sheet hides lines that newer ones replace."""
    lines = text.splitlines(True)
    replaced = [any(later.startswith(REPLACING) for later in lines[at + 1 :]) for at in range(len(lines))]
    return "".join(line for line, gone in zip(lines, replaced) if not (gone and line.startswith(MOVING)))


def show(cell, shown, seconds):
    print(f"\n== [{cell.execution_count}] {seconds:.1f} s")
    print(cell.source)
    for kind, text in shown:
        print(f"-- {kind}")
        print(shortened(seen(text)))


def kernel(path, arguments):
    notebook = nbformat.read(path, as_version=4)
    # evcxr responds after it has compiled something.
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        startup_timeout=600,
        coalesce_streams=True,
        kernel_name="rust",
        resources={"metadata": {"path": str(path.parent)}},
    )
    failed = 0
    # The output of cargo matters only when it fails, and then the cell contains it.
    with client.setup_kernel(stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            started = time.monotonic()
            try:
                client.execute_cell(cell, index)
            except CellExecutionError:
                failed += 1
            shown = list(outputs(cell))
            show(cell, shown, time.monotonic() - started)
            for line in missing(cell, shown, {"stdout", "text/html", "text/plain"}):
                failed += 1
                print(f"-- missing: {line}")
            for kind, text in shown:
                if kind == "text/html" and drawings(text):
                    print("-- the drawing is XML")
            if failed:
                break
    if failed == 0 and arguments.page:
        Path(arguments.page).write_text(page(notebook))
    if failed == 0 and arguments.write:
        write(notebook, path)
    return failed


def page(notebook):
    """Returns the cells of the picture as a page of HTML."""
    part = notebook.copy()
    part.cells = [cell for cell in notebook.cells if "picture" in cell.metadata.get("tags", [])]
    html, _ = HTMLExporter(mathjax_url="", require_js_url="", exclude_input_prompt=True, exclude_output_prompt=True).from_notebook_node(part)
    return html


def write(notebook, path):
    """Saves the notebook with its outputs, without parts that differ between runs."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = seen(output.text)
    nbformat.write(notebook, path)


def statements(source):
    """Yields the statements of a cell as single lines, because the REPL ends a statement at the end of a line."""
    line = ""
    for part in source.splitlines():
        if part.startswith(":"):
            yield part
            continue
        line = f"{line} {part.strip()}".strip()
        if line.count("{") == line.count("}") and line.count("(") == line.count(")"):
            yield line
            line = ""


def repl(path, _):
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    lines = [line for cell in cells for line in statements(cell.source)]
    run = subprocess.run(
        [os.environ.get("EVCXR", "evcxr")],
        input="\n".join(lines) + "\n",
        cwd=path.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    text = re.sub(r"^ +(Compiling|Downloaded|Downloading|Locking|Adding|Updating) .*\n", "", ESCAPES.sub("", run.stdout), flags=re.MULTILINE)
    print(text)
    failed = 0
    for cell in cells:
        for line in missing(cell, [("text", text), ("text/plain", text)], {"text", "text/plain"}):
            failed += 1
            print(f"-- missing: {line}")
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("where", choices=["kernel", "repl"])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--write", action="store_true", help="save the outputs in the notebook")
    parser.add_argument("--page", help="save the cells with the tag `picture` as HTML")
    arguments = parser.parse_args()
    failed = (kernel if arguments.where == "kernel" else repl)(arguments.notebook.resolve(), arguments)
    print(f"\n{arguments.where}: {'as expected' if failed == 0 else f'{failed} failed'}")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
