"""The quick tests, without Keras, on every Python that is installed: ``nox``.

``make test`` runs all tests on one Python. Here each Python has only netform's own dependencies
and those of its tests, so that a session takes a few minutes.
"""

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False

NEED_NO_KERAS = [
    *("grammar", "algebra", "questions", "derivations"),
    *("kinds/test_kinds.py", "kinds/test_aperture.py", "graph/test_depth.py"),
]


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the tests that need no Keras."""
    session.install(".[test]")
    tests = [f"tests/{path}" for path in NEED_NO_KERAS]
    session.run(
        *["pytest", "-n", "auto", "-m", "not long", *tests, *session.posargs],
        env={"HYPOTHESIS_PROFILE": "quick"},
    )
