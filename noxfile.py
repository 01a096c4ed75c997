"""The quick tests, without Keras, on every Python that is installed: ``nox``.

``make test`` runs all tests on one Python. Here each Python has only netform's own dependencies
and those of its tests, so that a session takes a few minutes.
"""

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False

FOLDERS = ["grammar", "algebra", "kinds", "graph", "questions", "derivations"]


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the tests that need no Keras."""
    session.install(".[test]")
    folders = [f"tests/{folder}" for folder in FOLDERS]
    session.run(
        *["pytest", "-n", "auto", "-m", "not long", *folders, *session.posargs],
        env={"HYPOTHESIS_PROFILE": "quick"},
    )
