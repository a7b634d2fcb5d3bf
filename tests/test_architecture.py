"""The borders inside the package: who imports whom, where a library may show, how long code is."""

from __future__ import annotations

import ast
import importlib
import statistics
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.helpers import ROOT, require

PACKAGE = Path(find_spec("nnest").origin).parent
LEAVES = {"results", "stats", "plots", "datasets", "preprocessing"}
TOP = {"__init__", "__main__", "cli", "demo"}
NESTED = {"_compat.jax", "_compat.keras", "_compat.optuna", "_compat.sklearn", "search.optuna"}

# Each part and those that it stands on; what these stand on is open to it too.
STANDS_ON = {
    **{leaf: set() for leaf in LEAVES},
    "_arguments": set(),
    "_batches": set(),
    "_compat": {"exceptions"},
    "_compat.jax": {"_compat"},
    "_compat.keras": {"_compat"},
    "_compat.optuna": {"_compat"},
    "_compat.sklearn": {"_compat"},
    "_groups": set(),
    "_interrupts": set(),
    "_identity": set(),
    "_machine": set(),
    "_storage": {"exceptions"},
    "_validation": set(),
    "exceptions": {"_validation"},
    "fusion": {"_compat.keras"},
    "optimizers": {"_compat.keras"},
    "layers": {"_arguments", "_compat.keras", "fusion"},
    "augmentation": {"layers"},
    "programs": {"_batches", "_compat.jax", "layers"},
    "builders": {"layers", "augmentation", "programs"},
    "estimators": {"_compat.sklearn", "_interrupts", "builders", "optimizers"},
    "population": {"estimators", "programs"},
    "persistence": {"ensembles", "estimators", "preprocessing"},
    "explain": {"persistence"},
    "ensembles": {"population"},
    "search": {"ensembles"},
    "studies": {"_compat.optuna"},
    "search.optuna": {"search", "studies"},
    "experiments": {"population", "datasets", "preprocessing", "results", "stats"},
    "verdicts": {"experiments", "results", "stats"},
    "reports": {"experiments", "datasets", "preprocessing"},
    "reporting": {"verdicts", "reports", "plots"},
    "exercises": set(),
}
# What every part may import.
FOR_ALL = {"_groups", "_identity", "_machine", "_storage", "_validation", "exceptions"}
DEEP_LEARNING = {
    "_arguments",
    "_compat.jax",
    "_batches",
    "_compat.keras",
    "layers",
    "fusion",
    "optimizers",
    "builders",
    "programs",
    "ensembles",
    "estimators",
    "explain",
    "population",
    "augmentation",
    "persistence",
}
ONLY_IN = {
    "keras": DEEP_LEARNING,
    "jax": DEEP_LEARNING,
    "scikeras": {"estimators"},
    "optuna": {"_compat.optuna", "search.optuna", "studies", "demo"},
    "matplotlib": {"plots"},
    "seaborn": {"plots"},
}
LONGEST_FUNCTION = 60
MEDIAN_FUNCTION = 10
LONGEST_MODULE = 350
#: Bytes of all files of older versions together.
LARGEST_FIXTURES = 200_000

#: How the names end of private attributes that a library asks its users to define.
LIBRARIES_ASK_FOR = ("._parameter_constraints", "._abc_impl", "._sklearn_auto_wrap_output_keys")

SOURCES = sorted(PACKAGE.rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _name(path: Path) -> str:
    """Return a module's name below the package, for the ids of tests."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def _part_of(names: Sequence[str]) -> str:
    """Return the part of nnest that a dotted name below the package belongs to."""
    return next((part for part in NESTED if [*names[:2]] == part.split(".")), names[0])


def _part(path: Path) -> str:
    """Return the module or subpackage of nnest that a file belongs to."""
    return _part_of(path.relative_to(PACKAGE).with_suffix("").parts)


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    """Return the full dotted name that an import statement starts from."""
    if not node.level:
        return node.module or ""
    package = ("nnest", *path.relative_to(PACKAGE).parent.parts)
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _imports(path: Path) -> set[str]:
    """Return the dotted names that a file imports anywhere, within functions too."""
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def _parts_imported(path: Path) -> set[str]:
    """Return the parts of nnest, other than its own, that a file imports."""
    dotted = (name.split(".") for name in _imports(path))
    found = {_part_of(names[1:]) for names in dotted if names[0] == "nnest" and len(names) > 1}
    return found - {_part(path)}


def _open_to(part: str) -> set[str]:
    """Return all parts that a part may import: those it stands on and what is below them."""
    direct = STANDS_ON[part]
    return direct.union(*(_open_to(below) for below in direct))


def test_the_package_is_found_whole() -> None:
    """The tests below look at real files."""
    assert {_part(path) for path in SOURCES} >= STANDS_ON.keys()


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_module_imports_only_what_it_stands_on(path: Path) -> None:
    """Imports follow the arrows of the design, downwards only."""
    part = _part(path)
    if part in TOP:
        return
    assert part in STANDS_ON, f"{part} is new: say in STANDS_ON what it stands on"

    imported = _parts_imported(path)
    modules = {each for each in imported if find_spec(f"nnest.{each}") is not None}

    assert modules - _open_to(part) - FOR_ALL == set()
    assert imported - modules <= {"__version__"}, "import from the module that defines the name"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_module_reaches_into_another_part(path: Path) -> None:
    """What has an underscore is its own part's business."""
    foreign = (name.split(".") for name in _imports(path) if name.startswith("nnest."))
    own = _part(path)
    reached = {
        ".".join(names)
        for names in foreign
        # A part within another one is built from that one's modules.
        if _part_of(names[1:]) not in {own, own.partition(".")[0]}
        and any(each.startswith("_") for each in names[2:])
    }

    assert reached == set()


@cache
def _defined(part: str) -> frozenset[str]:
    """Return the private names that the modules of a part define, as attributes too."""
    found: set[str] = set()
    for node in (node for path in SOURCES if _part(path) == part for node in ast.walk(_tree(path))):
        if isinstance(node, Function | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_own(node):
            found.add(node.attr)
    return frozenset(name for name in found if name.startswith("_"))


def _is_own(node: ast.Attribute) -> bool:
    """Tell whether an attribute belongs to the object whose code this is."""
    of = node.value
    if isinstance(of, ast.Call):
        return isinstance(of.func, ast.Name) and of.func.id == "super"
    return isinstance(of, ast.Name) and of.id in ("self", "cls")


#: Public names of named tuples, in spite of their underscore.
OF_NAMED_TUPLES = {"_asdict", "_field_defaults", "_fields", "_make", "_replace"}
#: Private names of other libraries' objects that have the name of something of ours.
FOREIGN = {("search.optuna", "_storage"), ("persistence", "_called")}


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_module_touches_what_is_private_to_another_part(path: Path) -> None:
    """What has an underscore is its own part's business, on objects too.

    An attribute counts if another part defines its name, and this one does not.
    """
    part = _part(path)
    others = set().union(*(_defined(other) for other in STANDS_ON if other != part))
    touched = {
        node.attr
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and not _is_own(node)
        if node.attr.startswith("_") and not node.attr.startswith("__")
        if node.attr in others and node.attr not in _defined(part)
        if node.attr not in OF_NAMED_TUPLES
        if (part, node.attr) not in FOREIGN
    }

    assert part.startswith("_compat") or touched == set()


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_library_shows_only_where_it_belongs(path: Path) -> None:
    """Keras, JAX, scikeras, Optuna and the plotting libraries stay behind their borders."""
    libraries = {name.split(".")[0] for name in _imports(path)}
    misplaced = {name for name, parts in ONLY_IN.items() if _part(path) not in parts}

    assert libraries & misplaced == set()


STUDIES = [path for path in SOURCES if _part(path) == "studies"]
# What a room needs that knows no network and no array.
STUDIES_NEED = {"nnest", "filelock", "optuna", "psutil", "sqlalchemy", "tenacity"}


@pytest.mark.parametrize("path", STUDIES, ids=_name)
def test_studies_know_no_network_and_no_array(path: Path) -> None:
    """A worker's loop is about trials; tables of a study are made by pandas."""
    libraries = {name.split(".")[0] for name in _imports(path)} - sys.stdlib_module_names
    tables = {"pandas"} if path.stem == "_tables" else set()

    assert libraries - STUDIES_NEED - tables == set()


def _private_attributes(path: Path) -> set[str]:
    """Return the attributes with an underscore that a file takes from other things than itself."""
    mine = {"self", "cls"}
    return {
        node.attr
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and not (isinstance(node.value, ast.Name) and node.value.id in mine)
    }


@pytest.mark.parametrize("path", STUDIES, ids=_name)
def test_studies_take_no_private_name_of_another_object(path: Path) -> None:
    """What Optuna hides is in `nnest._compat.optuna`, behind a probe."""
    assert _private_attributes(path) == set()


def test_searches_take_private_names_of_optuna_by_their_probes() -> None:
    """The names that `nnest._compat.optuna` takes stand nowhere else."""
    (compat,) = (path for path in SOURCES if _part(path) == "_compat.optuna")
    hidden = {
        node.value
        for node in ast.walk(_tree(compat))
        if isinstance(node, ast.Constant) and str(node.value).startswith("_")
    }
    searches = [path for path in SOURCES if _part(path) == "search.optuna"]

    assert {"_storage", "_trial_id", "_stop_flag", "_fixed_params"} <= hidden
    assert {_name(path) for path in searches if _private_attributes(path) & hidden} == set()


# The libraries whose private names `nnest._compat` holds, by the module that holds them.
COMPAT = {
    "_compat.jax": "jax",
    "_compat.keras": "keras",
    "_compat.optuna": "optuna",
    "_compat.sklearn": "sklearn",
}
# `os._exit`, and what named tuples have: they are documented.
DOCUMENTED = {"_exit", *OF_NAMED_TUPLES}


def _is_private(name: str) -> bool:
    """Tell whether a name has one underscore at its start."""
    return name.startswith("_") and not name.startswith("__")


@cache
def _own_names() -> frozenset[str]:
    """Return all names that nnest itself gives to something, outside of `_compat`."""
    found: set[str] = set()
    for node in (node for path in SOURCES for node in ast.walk(_tree(path))):
        if isinstance(node, Function | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found |= {node.attr} if ast.unparse(node.value) in ("self", "cls") else set()
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nnest"):
            found |= {alias.name for alias in node.names}
    return frozenset(found)


OUTSIDE_COMPAT = [path for path in SOURCES if not _part(path).startswith("_compat")]


@pytest.mark.parametrize("path", OUTSIDE_COMPAT, ids=_name)
def test_private_names_of_libraries_are_in_compat(path: Path) -> None:
    """What a library hides is behind a probe; an attribute that nnest never defines is foreign."""
    attributes = {
        node.attr
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and _is_private(node.attr)
    }
    imports = {
        name
        for name in _imports(path)
        if name.split(".")[0] not in {"nnest", *sys.stdlib_module_names}
        if any(_is_private(each) for each in name.split("."))
    }
    foreign = (attributes - _own_names() - DOCUMENTED) | imports

    assert foreign == set()


def _classes(path: Path) -> list[type]:
    """Return the classes that a module defines."""
    module = importlib.import_module(f"nnest.{_name(path)}".removesuffix(".__init__"))
    return [each for each in vars(module).values() if isinstance(each, type)]


@pytest.mark.parametrize("path", OUTSIDE_COMPAT, ids=_name)
def test_private_methods_of_libraries_are_overridden_in_compat(path: Path) -> None:
    """A method that a library no longer calls would be silent."""
    foreign = {
        f"{cls.__name__}.{name}"
        for cls in _classes(path)
        if cls.__module__ == f"nnest.{_name(path)}"
        for name in filter(_is_private, vars(cls))
        for base in cls.__mro__[1:]
        if name in vars(base) and not base.__module__.startswith("nnest.")
        if base.__module__.split(".")[0] not in (*sys.stdlib_module_names, "builtins")
    }

    overridden = {each for each in foreign if not each.endswith(LIBRARIES_ASK_FOR)}

    assert overridden == set()


@pytest.mark.parametrize("path", [p for p in SOURCES if _part(p) in COMPAT], ids=_name)
def test_compat_knows_its_library_alone(path: Path) -> None:
    """Who takes private names of one library needs no other."""
    libraries = {name.split(".")[0] for name in _imports(path)} - sys.stdlib_module_names

    assert libraries - {"nnest", COMPAT[_part(path)]} == set()


def test_no_module_reads_pickles() -> None:
    """No file that nnest reads can run code."""
    readers = {"pickle", "joblib", "marshal", "shelve", "dill", "cloudpickle"}
    users = {_name(path) for path in SOURCES if {n.split(".")[0] for n in _imports(path)} & readers}

    assert users == set()


def _functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(_tree(path)) if isinstance(node, Function)]


def _length(function: Function) -> int:
    """Return a function's lines, without its docstring and decorators."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - (docstring.end_lineno - docstring.lineno + 1)


def _only_stores(function: Function) -> bool:
    """Tell whether a constructor does nothing but keep its parameters, as scikit-learn asks."""
    return function.name == "__init__" and all(
        isinstance(line, ast.Assign) and isinstance(line.value, ast.Name) for line in function.body
    )


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_function_is_too_long(path: Path) -> None:
    """A function that outgrows its budget is two ideas."""
    functions = [function for function in _functions(path) if not _only_stores(function)]
    lengths = {function.name: _length(function) for function in functions}

    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}


def test_most_functions_are_short() -> None:
    """Half of all functions fit into ten lines."""
    lengths = [_length(function) for path in SOURCES for function in _functions(path)]

    assert statistics.median(lengths) <= MEDIAN_FUNCTION


def _is_declaration(path: Path) -> bool:
    """Tell whether a file declares a report."""
    return (
        _part(path) == "reports" and path.name != "_registry.py" and path.parent.name != "reports"
    )


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_module_is_too_long(path: Path) -> None:
    """A module that outgrows its budget is two ideas."""
    lines = len(path.read_text(encoding="utf-8").splitlines())

    assert lines <= LONGEST_MODULE


@pytest.mark.parametrize("path", [p for p in SOURCES if _is_declaration(p)], ids=_name)
def test_a_declaration_has_no_control_flow(path: Path) -> None:
    """A report is declared, not programmed."""
    flow = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Match)

    assert [node.lineno for node in ast.walk(_tree(path)) if isinstance(node, flow)] == []


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_every_public_module_says_what_is_public(path: Path) -> None:
    """A module without an underscore has a docstring and a list of its public names."""
    assert ast.get_docstring(_tree(path)), "a module starts with a sentence on what it is for"
    inner = path.stem if path.stem != "__init__" else path.parent.name
    if inner.startswith("_"):
        return
    assigned = {
        target.id
        for node in _tree(path).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }

    assert "__all__" in assigned


@cache
def _tracked_texts() -> dict[str, str]:
    """Return every tracked text file but the lock and the vendored assets."""
    require((ROOT / ".git").exists(), "this is no git checkout")
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
    ).stdout.split("\0")
    paths = {name: ROOT / name for name in listed if name}
    texts = {}
    for name, path in paths.items():
        if path.is_file() and not name.startswith("book/assets/katex/"):
            texts[name] = path.read_bytes().decode("utf-8", errors="ignore")
    return texts


# In two halves, so that this file is not found itself.
REGISTRIES = (
    ("py", "pi.org"),
    ("pythonhost", "ed.org"),
    ("npm", "js.org"),
    ("anaconda", ".org"),
    ("download.py", "torch.org"),
)
MACHINES = (("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"), ("/Us", "ers/"), ("C:", "\\Users"))


@pytest.mark.parametrize("halves", REGISTRIES, ids="".join)
def test_no_file_names_a_registry(halves: tuple[str, str]) -> None:
    """Where packages come from is for the machine to say."""
    assert [name for name, text in _tracked_texts().items() if "".join(halves) in text] == []


@pytest.mark.parametrize("halves", MACHINES, ids="".join)
def test_no_file_names_a_place_on_somebodys_machine(halves: tuple[str, str]) -> None:
    """Paths are relative, or the user's to give."""
    assert [name for name, text in _tracked_texts().items() if "".join(halves) in text] == []


def test_no_data_set_is_tracked() -> None:
    """Data sets are downloaded, never committed; small files of older versions are none."""
    endings = (".npz", ".npy", ".gz", ".zip", ".tar", ".pkl", ".joblib", ".h5", ".keras")
    archives = [name for name in _tracked_texts() if name.endswith(endings)]
    fixtures = [name for name in archives if name.startswith("tests/fixtures/")]

    assert set(archives) == set(fixtures)
    assert sum((ROOT / name).stat().st_size for name in fixtures) < LARGEST_FIXTURES
