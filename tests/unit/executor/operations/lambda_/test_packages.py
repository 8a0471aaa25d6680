"""A minimal package is the same each time and has the file its handler names."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.operations.lambda_ import packages
from services.executor.operations.lambda_.package_contents import check_contents
from shared.errors import InvalidArguments


@pytest.mark.parametrize(
    ("runtime", "handler", "file"),
    [
        ("python3.13", "lambda_function.lambda_handler", "lambda_function.py"),
        ("python3.13", "src/app.main", "src/app.py"),
        ("python3.13", "pkg.mod.main", "pkg/mod.py"),
        ("nodejs22.x", "index.handler", "index.js"),
        ("nodejs22.x", "src/index.handler", "src/index.js"),
    ],
)
def test_the_handlers_file_is_in_the_package(runtime: str, handler: str, file: str) -> None:
    packed = packages.minimal_package(runtime, handler)
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert archive.namelist() == [file]
    assert handler.rpartition(".")[2] in archive.read(file).decode()
    assert packages.minimal_package(runtime, handler) == packed
    assert check_contents(packed, runtime, handler) == ()


def test_the_minimal_python_handler_runs() -> None:
    source = zipfile.ZipFile(io.BytesIO(packages.minimal_package("python3.13", "app.main"))).read("app.py")
    scope: dict[str, object] = {}
    exec(compile(source, "app.py", "exec"), scope)
    main = scope["main"]
    assert callable(main)
    assert main({}, None)["statusCode"] == 200


@pytest.mark.parametrize("handler", ["../../etc/x.main", "a b.main", "app.main()", "app.ma-in", "/app.main"])
def test_a_handler_that_names_no_file_is_refused(handler: str) -> None:
    with pytest.raises(InvalidArguments):
        packages.minimal_package("python3.13", handler)


@given(st.text(max_size=40))
def test_only_uploads_and_s3_objects_are_sources(source: str) -> None:
    try:
        packages.check_source(source)
    except InvalidArguments:
        return
    assert source.startswith(("file_", "s3://"))


@pytest.mark.parametrize(
    "source",
    ["/etc/passwd", "../app.zip", "app.zip", "file_../x", "file:///x", "s3://bucket", "s3://BAD/k", "https://x/y.zip"],
)
def test_a_path_is_never_a_source(source: str) -> None:
    with pytest.raises(InvalidArguments, match="paths are not read"):
        packages.check_source(source)
