"""Paths find, take out and replace values, in lists and maps too."""

from __future__ import annotations

from shared.resource_types.paths import PropertyPaths, pointer

RULES = {"Rules": [{"Id": "a", "Prefix": "x"}, {"Id": "b"}], "Name": "n", "Variables": {"a/b": "1", "c": "2"}}


def test_a_star_is_any_item_and_any_key() -> None:
    found = dict(PropertyPaths(("Rules/*/Prefix", "Variables/*")).find(RULES))
    assert found == {("Rules", 0, "Prefix"): "x", ("Variables", "a/b"): "1", ("Variables", "c"): "2"}


def test_a_path_covers_what_is_in_it() -> None:
    paths = PropertyPaths(("Rules/*/Prefix",))
    assert paths.covers(("Rules", 3, "Prefix", "More"))
    assert not paths.covers(("Rules", 3))
    assert not paths.covers(("Rules", 3, "Id"))


def test_values_are_taken_out_and_the_rest_is_kept() -> None:
    left = PropertyPaths(("Rules/*/Prefix", "Name", "Nothing/*/There")).without(RULES)
    assert left == {"Rules": [{"Id": "a"}, {"Id": "b"}], "Variables": RULES["Variables"]}
    assert RULES["Name"] == "n"


def test_values_are_replaced_where_they_stand() -> None:
    hidden = PropertyPaths(("Variables/*",)).replaced(RULES, lambda _: "-")
    assert hidden["Variables"] == {"a/b": "-", "c": "-"}
    assert hidden["Rules"] == RULES["Rules"]


def test_a_path_through_something_else_than_it_expects_finds_nothing() -> None:
    paths = PropertyPaths(("Rules/*/Prefix",))
    for odd in ({"Rules": "x"}, {"Rules": {"a": 1}}, {"Rules": [[1]]}, {"Rules": None}, {}):
        assert list(paths.find(odd)) == []
        assert paths.without(odd) == odd


def test_a_pointer_is_escaped() -> None:
    assert pointer(("Tags", 0, "a/b~c")) == "/Tags/0/a~1b~0c"
