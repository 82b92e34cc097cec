"""Bring a fresh clone to life and run it: `python3 scripts/bootstrap.py setup|run|test|lint|bench|clean`.

Standard library only, because nothing else is there yet; `make` calls it. Each step leaves a stamp inside the
thing it built (a hash of what it was built from), written last: a step that was interrupted, or whose inputs
changed, or whose result was deleted, is simply done again, and a step with nothing to do costs no time.

The first lines must be readable by an old Python, so that it can say which one is wanted.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older one is told so
    import os
    import shutil
    import subprocess

    for _minor in (14, 13, 12, 11):
        _better = shutil.which(f"python3.{_minor}")
        # A version manager may leave a command of that name that only says how to get the real one.
        if _better and subprocess.call([_better, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(_better, [_better, *sys.argv])
    sys.exit(
        f"setup: Python 3.11 or newer is needed, this is {sys.version.split()[0]}. "
        "Install one and run: make PYTHON=/path/to/python3.11 setup"
    )

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
LOCKS = ROOT / "scripts" / "locks"
NODE_MODULES = ROOT / "node_modules"
DIST = ROOT / "admin" / "static" / "dist"
TRANSLATIONS = ROOT / "admin" / "translations"
BROWSER_HOME = ROOT / "tests" / "browser" / "chromium"
UNPACKED_BROWSER = BROWSER_HOME / "node_modules" / ".unpacked" / "chrome"
SYSTEM_BROWSERS = [
    Path("/usr/bin") / name
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
]
OLDEST_NODE = (20, 11)


class SetupError(Exception):
    """A step could not be done; the text says what, why and what to do."""


def say(text: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


# --- stamps -----------------------------------------------------------------------------------------------


def digest(paths: Iterable[Path], *facts: str) -> str:
    """Return one hash over the contents of *paths* (folders: every file below) and over *facts*."""
    total = hashlib.sha256()
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            total.update(file.relative_to(ROOT).as_posix().encode())
            total.update(file.read_bytes() if file.exists() else b"absent")
    for fact in facts:
        total.update(fact.encode())
    return total.hexdigest()


def once(stamp: Path, wanted: str, act: Callable[[], None]) -> bool:
    """Run *act* unless *stamp* holds *wanted*; the stamp falls before and rises after."""
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    stamp.unlink(missing_ok=True)
    act()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    fresh = stamp.with_name(f"{stamp.name}.new")
    fresh.write_text(wanted)
    fresh.replace(stamp)
    return True


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let one setup at a time work on this clone; a second one waits for it."""
    with (ROOT / ".setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another setup is at work in this folder; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- running things ---------------------------------------------------------------------------------------


def run(command: Sequence[str | Path], what: str, remedy: str, cwd: Path = ROOT) -> None:
    """Run *command* quietly; when it fails show its last words and one sentence with *what* and *remedy*."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=environment(),
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as fault:
        raise SetupError(f"{what} did not start ({fault}). {remedy}") from fault
    if done.returncode:
        tail = "\n".join(f"  | {line}" for line in done.stdout.strip().splitlines()[-15:])
        raise SetupError(f"{what} failed. {remedy}\n{tail}")


def environment() -> dict[str, str]:
    """Return the environment for the tools: the project's commands first, pip's settings known to uv too."""
    env = dict(os.environ)
    env["PATH"] = f"{BIN}{os.pathsep}{env.get('PATH', '')}"
    env["VIRTUAL_ENV"] = str(VENV)
    env.pop("PYTHONHOME", None)
    env["UV_NO_PROGRESS"] = "1"
    # Without kept bytecode each process compiles all it imports anew; whoever wants none in the tree gets none.
    if env.pop("PYTHONDONTWRITEBYTECODE", ""):
        env["PYTHONPYCACHEPREFIX"] = str(VENV / ".bytecode")
    # uv does not read pip's settings; a mirror or a company's certificate given to pip is meant for it too.
    for ours, theirs in (
        ("UV_DEFAULT_INDEX", "PIP_INDEX_URL"),
        ("SSL_CERT_FILE", "PIP_CERT"),
    ):
        if theirs in env and not env.get(ours):
            env[ours] = env[theirs]
    return env


def pip_settings() -> None:
    """Put the mirror and certificate of pip's own files into the environment, unless already said there."""
    for name, setting in (("PIP_INDEX_URL", "global.index-url"), ("PIP_CERT", "global.cert")):
        if name in os.environ:
            continue
        found = subprocess.run(
            [str(PYTHON), "-m", "pip", "config", "get", setting],
            capture_output=True,
            text=True,
            check=False,
        )
        if found.returncode == 0 and found.stdout.strip():
            os.environ[name] = found.stdout.strip()


NETWORK = "Check the network (or the mirror set for pip and npm) and run the same command again."


# --- Python -----------------------------------------------------------------------------------------------


def python_works() -> bool:
    """Say whether .venv holds a Python that starts, is new enough and has pip."""
    if not PYTHON.exists():
        return False
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([str(PYTHON), "-c", probe], capture_output=True, check=False).returncode == 0


def make_venv() -> None:
    """Create .venv, replacing one that does not work."""
    place = VENV / ".place"
    is_moved = place.exists() and place.read_text() != str(ROOT)  # its commands name the old folder
    if python_works() and not is_moved:
        return
    say("creating .venv")
    if VENV.exists():
        shutil.rmtree(VENV)
    remedy = (
        "On Debian or Ubuntu install the package python3-venv; elsewhere install a complete Python 3.11+."
    )
    run([sys.executable, "-m", "venv", VENV], "python -m venv .venv", remedy)
    if not python_works():
        raise SetupError(f"The Python in .venv has no pip. {remedy}")
    place.write_text(str(ROOT))


def install_python() -> None:
    """Install the locked packages and the project itself into .venv."""
    pip_settings()
    if not (BIN / "uv").exists() or not stamped(VENV / ".uv", digest([LOCKS / "uv.txt"])):
        run(
            [
                PYTHON,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                LOCKS / "uv.txt",
            ],
            "Installing uv with pip",
            NETWORK,
        )
        (VENV / ".uv").write_text(digest([LOCKS / "uv.txt"]))
    say("installing the Python packages of requirements.lock")
    uv: list[str | Path] = [BIN / "uv", "pip", "install", "--quiet", "--python", PYTHON]
    run(
        [*uv, "--require-hashes", "-r", ROOT / "requirements.lock"],
        "Installing the packages of requirements.lock",
        NETWORK,
    )
    # The build backend came with the lock: this asks no index for anything.
    run(
        [*uv, "--no-deps", "--no-build-isolation", "--offline", "--editable", ROOT],
        "Installing the project into .venv",
        "Look at the lines below; pyproject.toml is the likely place.",
    )


def stamped(stamp: Path, wanted: str) -> bool:
    """Say whether *stamp* holds *wanted*."""
    return stamp.exists() and stamp.read_text() == wanted


def python_step() -> bool:
    """Make .venv hold what the lock files say."""
    if not PYTHON.exists():
        make_venv()
    wanted = digest(
        [ROOT / "pyproject.toml", ROOT / "requirements.lock", LOCKS / "uv.txt", ROOT / "LICENSE"],
        str(ROOT),
        interpreter(),
    )

    def act() -> None:
        make_venv()
        install_python()

    return once(VENV / ".setup-python", wanted, act)


def interpreter() -> str:
    """Return what identifies the Python below .venv, without starting it."""
    config = VENV / "pyvenv.cfg"
    return config.read_text() if config.exists() else ""


# --- the browser's side -----------------------------------------------------------------------------------


def node_version(node: str | Path) -> tuple[int, ...]:
    """Return the version of *node*, or () when it does not run."""
    try:
        said = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return ()
    numbers = said.stdout.strip().lstrip("v").split(".")
    return tuple(int(n) for n in numbers if n.isdigit())


def find_node() -> Path:
    """Return the folder that holds `node` and `npm`: the system's when new enough, else .venv's own."""
    system = shutil.which("node")
    if system and shutil.which("npm") and node_version(system) >= OLDEST_NODE:
        return Path(system).parent
    own = BIN / "node"
    if node_version(own) < OLDEST_NODE or not (BIN / "npm").exists():
        say("no Node.js 20 or newer here; installing one into .venv")
        pip_settings()
        run(
            [
                BIN / "uv",
                "pip",
                "install",
                "--quiet",
                "--python",
                PYTHON,
                "--require-hashes",
                "--reinstall",
                "-r",
                LOCKS / "node.txt",
            ],
            "Installing Node.js into .venv",
            NETWORK,
        )
    if node_version(own) < OLDEST_NODE:
        raise SetupError(
            f"The Node.js that was installed into .venv does not run on this system ({platform.machine()}, "
            f"{platform.system()}). Install Node.js 20 or newer yourself and run the same command again."
        )
    return BIN


def npm_ci(folder: Path, where: Path) -> None:
    """Install what the package-lock.json in *where* names, using the npm in *folder*."""
    run(
        [folder / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        "npm ci",
        NETWORK,
        cwd=where,
    )


def packages_step() -> bool:
    """Make node_modules hold what package-lock.json says."""
    wanted = digest(
        [ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc"],
        platform.system(),
        platform.machine(),
    )

    def act() -> None:
        folder = find_node()
        say("installing the browser libraries of package-lock.json")
        npm_ci(folder, ROOT)

    return once(NODE_MODULES / ".setup-packages", wanted, act)


def bundle_step() -> bool:
    """Bundle the browser's side into admin/static/dist."""
    wanted = digest(
        [
            ROOT / "admin" / "assets",
            ROOT / "scripts" / "build_assets.mjs",
            ROOT / "package-lock.json",
        ]
    )

    def act() -> None:
        say("bundling the browser's side")
        run(
            [find_node() / "node", ROOT / "scripts" / "build_assets.mjs"],
            "Bundling admin/assets",
            "Look at the lines below; they name the file.",
        )

    return once(DIST / ".setup-bundle", wanted, act)


def translations_step() -> bool:
    """Compile the translation catalogues, when there are any."""
    sources = sorted(TRANSLATIONS.rglob("*.po"))
    if not sources:
        return False
    stamp = VENV / ".setup-translations"
    if not all(po.with_suffix(".mo").exists() for po in sources):
        stamp.unlink(missing_ok=True)

    def act() -> None:
        run(
            [BIN / "pybabel", "compile", "--directory", TRANSLATIONS],
            "Compiling the translations",
            "Look at the lines below; they name the catalogue.",
        )

    return once(stamp, digest(sources), act)


# --- a browser for the tests ------------------------------------------------------------------------------


def find_browser() -> Path | None:
    """Return the Chromium of the browser tests: $CHROMIUM, the system's, the one setup unpacked, or None."""
    if os.environ.get("CHROMIUM"):
        return Path(os.environ["CHROMIUM"])
    for path in (*SYSTEM_BROWSERS, UNPACKED_BROWSER):
        if os.access(path, os.X_OK):
            return path
    return None


def browser_step() -> bool:
    """See that the browser tests have a Chromium; fetch one for them when the machine has none."""
    found = find_browser()
    if found and found != UNPACKED_BROWSER:
        return False
    wanted = digest(BROWSER_HOME / name for name in ("package.json", "package-lock.json", "unpack.mjs"))

    def act() -> None:
        folder = find_node()
        say("no Chromium on this machine; fetching one for the tests")
        npm_ci(folder, BROWSER_HOME)
        run(
            [folder / "node", BROWSER_HOME / "unpack.mjs", UNPACKED_BROWSER.parent],
            "Unpacking Chromium",
            "Install Chromium yourself (Debian: apt install chromium), or name one in CHROMIUM.",
        )

    return once(BROWSER_HOME / "node_modules" / ".setup-browser", wanted, act)


# --- commands ---------------------------------------------------------------------------------------------


def setup(steps: Sequence[Callable[[], bool]]) -> None:
    """Do *steps* in order, alone."""
    began = time.monotonic()
    with alone():
        changed = [step() for step in steps]
    if any(changed):
        say(f"done in {time.monotonic() - began:.0f} s")


BUILD = (python_step, packages_step, bundle_step, translations_step)


def become(command: Sequence[str | Path], **more: str) -> None:
    """Turn this process into *command*, so that Ctrl-C and the exit code are its own."""
    sys.stdout.flush()
    env = environment() | more
    os.chdir(ROOT)
    os.execve(str(command[0]), [str(part) for part in command], env)


# Two commands in one process: what takes the time at a start is importing, and it need not be done twice,
# nor be searched for garbage while it goes on; the worker that serves collects again.
UPGRADE_AND_SERVE = """
import gc, sys
gc.disable()
from engine.cli import main
try:
    main(["db", "upgrade"], prog_name="renewals")
except SystemExit as done:
    if done.code:
        raise
main(["serve", *sys.argv[1:]], prog_name="renewals")
"""


def run_command(arguments: list[str]) -> None:
    """Set up, build the demo book on first use, and serve the console on the virtual clock."""
    setup(BUILD)
    clock = {"RENEWALS_CLOCK": os.environ.get("RENEWALS_CLOCK", "virtual")}
    if "RENEWALS_DATABASE_URL" in os.environ:
        say("RENEWALS_DATABASE_URL is set: using that database as it is, without building the demo book")
    else:
        with alone():
            demo(BIN / "renewals", clock)
    become([PYTHON, "-c", UPGRADE_AND_SERVE, *arguments], **clock)


def demo(renewals: Path, clock: dict[str, str]) -> None:
    """Build the demo book unless it is there, anew if it was interrupted; show its sign-ins each time."""
    var = ROOT / "var"
    var.mkdir(exist_ok=True)
    database = var / "renewals.db"
    unfinished = var / "demo.unfinished"
    if unfinished.exists():
        say("the demo book was not finished last time; building it anew")
        for left in var.glob("renewals.db*"):
            left.unlink()
    sign_ins = var / "demo.txt"
    if not database.exists():
        unfinished.touch()
        said = subprocess.run(
            [str(renewals), "demo"], cwd=ROOT, env=environment() | clock, stdout=subprocess.PIPE, check=False
        )
        if said.returncode:
            sys.exit(said.returncode if said.returncode > 0 else 128 - said.returncode)
        sign_ins.write_bytes(said.stdout)
        unfinished.unlink()
    if sign_ins.exists():
        print(sign_ins.read_text(encoding="utf-8"), end="", flush=True)


CHECKS: tuple[tuple[str, ...], ...] = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy", "--strict", "engine", "forms", "scripts/bench"),
    ("lint-imports",),
)


def lint() -> None:
    """Run every check, show all that is wrong, and leave with 1 when anything is."""
    failed = []
    for command in CHECKS:
        print(f"$ {' '.join(command)}", flush=True)
        code = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=environment(), check=False)
        if code.returncode:
            failed.append(" ".join(command))
    if failed:
        sys.exit(f"lint: {'; '.join(failed)} found something, see above")


def lint_command(arguments: list[str]) -> None:
    """Set up and lint."""
    setup(BUILD)
    lint()


def test_command(arguments: list[str]) -> None:
    """Set up, lint, and run the whole suite on SQLite and PostgreSQL; *arguments* go to pytest."""
    setup(BUILD)
    try:
        setup((browser_step,))
    except SetupError as fault:
        say(f"{fault}\nsetup: the tests marked 'browser' will fail for want of a Chromium")
    lint()
    workers = str(min(os.cpu_count() or 1, 4))
    # In the order of the files: those of few long tests come early and leave no worker idle at the end.
    by_file = ("-n", workers, "--dist", "loadfile", "--no-loadscope-reorder")
    become([PYTHON, "-m", "pytest", *by_file, *arguments])


def bench_command(arguments: list[str]) -> None:
    """Set up and run the benchmarks; *arguments* name some of them."""
    setup(BUILD)
    become([BIN / "renewals", "bench", *arguments])


def setup_command(arguments: list[str]) -> None:
    """Set up everything a person needs to run the console."""
    setup(BUILD)
    say(f"ready: {(BIN / 'renewals').relative_to(ROOT)}; next: make run")


def clean_command(arguments: list[str]) -> None:
    """Remove what setup built and what tools left; var/ (the data) stays."""
    with alone():
        for path in (
            VENV,
            NODE_MODULES,
            DIST,
            DIST.with_name("dist.new"),
            BROWSER_HOME / "node_modules",
            *(
                ROOT / name
                for name in (
                    ".mypy_cache",
                    ".pytest_cache",
                    ".ruff_cache",
                    ".hypothesis",
                    ".import_linter_cache",
                    "test-results",
                )
            ),
        ):
            shutil.rmtree(path, ignore_errors=True)
        for catalogue in TRANSLATIONS.rglob("*.mo"):
            catalogue.unlink()
    say("removed what setup had built; your data in var/ is untouched")


def lock_command(arguments: list[str]) -> None:
    """Renew the lock files after a change to pyproject.toml or package.json (for developers)."""
    setup((python_step,))
    uv: list[str | Path] = [
        BIN / "uv",
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        *arguments,
    ]
    run(
        [*uv, "--all-extras", "pyproject.toml", "-o", "requirements.lock"],
        "Locking the Python packages",
        "Look at the lines below; they name the packages that cannot go together.",
    )
    folder = find_node()
    for where in (ROOT, BROWSER_HOME):
        run(
            [folder / "npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"],
            "Locking the browser libraries",
            NETWORK,
            cwd=where,
        )
        without_hosts(where / "package-lock.json")
    setup(BUILD)


def without_hosts(lock: Path) -> None:
    """Drop every address from a package-lock.json: hashes say what is wanted, the machine says from where."""
    content = json.loads(lock.read_text())
    for package in content["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    lock.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


COMMANDS: dict[str, Callable[[list[str]], None]] = {
    "setup": setup_command,
    "run": run_command,
    "test": test_command,
    "lint": lint_command,
    "bench": bench_command,
    "clean": clean_command,
    "lock": lock_command,
}


def main(arguments: list[str]) -> int:
    """Do one command; every failure ends as one sentence with its remedy."""
    if not arguments or arguments[0] not in COMMANDS:
        print(f"usage: bootstrap.py {'|'.join(COMMANDS)} [arguments]", file=sys.stderr)
        return 2
    try:
        COMMANDS[arguments[0]](arguments[1:])
    except SetupError as fault:
        print(f"setup: {fault}", file=sys.stderr)
        return 1
    except OSError as fault:
        place = fault.filename or ROOT
        print(
            f"setup: {place}: {fault.strerror}. Check its rights and the free space, then run it again.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run the same command again to go on", file=sys.stderr)
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
