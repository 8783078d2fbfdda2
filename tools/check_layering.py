#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every `#include "situ/<module>/…"` to the dependency table that CMake wrote.

A module may include its own headers and those of the modules that its DEPENDS names, nothing else
(not even what a dependency depends on). No two headers may define a type of the same name in the
same namespace: the program links them all, and the linker would keep either one without a word.
Exits with 1 and a line for each violation.
"""
import argparse
import pathlib
import re
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*"situ/([^"]+)"', re.MULTILINE)
BANNED = re.compile(r"^\s*#\s*include\s*<torch/torch\.h>", re.MULTILINE)

NAMESPACE = re.compile(r"^namespace ([\w:]+) \{", re.MULTILINE)
TYPE = re.compile(r"^(?:class|struct|enum class)\s+(\w+)(?:\s+final)?\s*(?::[^;{]*)?\{", re.MULTILINE)


def read_table(path):
    rows = (line.split(":", 1) for line in path.read_text().splitlines() if line.strip())
    return {name.strip(): set(depends.split()) for name, depends in rows}


def module_of(relative, modules):
    """The longest module name that is a folder prefix of the path, or None."""
    parts = pathlib.PurePosixPath(relative).parts[:-1]
    for length in range(len(parts), 0, -1):
        if "/".join(parts[:length]) in modules:
            return "/".join(parts[:length])
    return None


def violations(table, source):
    root = source / "situ"
    for path in sorted(root.rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        relative = path.relative_to(root).as_posix()
        module = module_of(relative, table)
        if module is None:
            yield f"{relative}: its folder is no module (see situ_add_module)"
            continue
        text = path.read_text()
        if BANNED.search(text):
            yield f"{relative}: <torch/torch.h> is banned (14 s a file); include what is used"
        for included in INCLUDE.findall(text):
            target = module_of(included, table)
            if target is None:
                yield f"{relative}: includes situ/{included}, which is in no module"
            elif target != module and target not in table[module]:
                yield f"{relative}: {module} may not include {target} (situ/{included})"


def clashing_types(source):
    root = source / "situ"
    first_places = {}
    for path in sorted(root.rglob("*.h")):
        relative, text = path.relative_to(root).as_posix(), path.read_text()
        namespace = NAMESPACE.search(text)
        for name in TYPE.findall(text):
            key = (namespace.group(1) if namespace else "", name)
            first = first_places.setdefault(key, relative)
            if first != relative:
                yield f"{relative}: {'::'.join(key)} is also defined in {first}"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {
            "low/a.h": "",
            "high/b.h": '#include "situ/low/a.h"\n',
            "low/c.cpp": '#include "situ/high/b.h"\n#include <torch/torch.h>\n',
            "lost/d.cpp": "",
            "low/e.h": "namespace situ {\nclass Thing : public Base {\n};\nstruct Box;\n",
            "high/f.h": "namespace situ {\nstruct Thing {\n};\nstruct Box {\n};\n",
            "high/g.h": "namespace situ::other {\nstruct Thing {\n};\n",
        }.items():
            (root / "situ" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "situ" / name).write_text(text)
        found = [*violations({"low": set(), "high": {"low"}}, root), *clashing_types(root)]
    expected = ["lost/d.cpp", "low/c.cpp", "low/c.cpp", "low/e.h"]
    if [line.split(":")[0] for line in found] != expected:
        sys.exit(f"self-test: expected violations in {expected}, found {found}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=pathlib.Path)
    parser.add_argument("--source", type=pathlib.Path)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    found = [*violations(read_table(arguments.modules), arguments.source),
             *clashing_types(arguments.source)]
    print("\n".join(found) or "layering holds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
