"""The path type explorer and the host matcher, driven by their traits."""

from labsupport.widgets import HostMatcher, PathTypeExplorer


def taken(explorer: PathTypeExplorer, kind: str, profile: str = "spec") -> list[str]:
    return [
        path
        for (path, path_type, read_as), found in explorer.verdicts.items()
        if (path_type, read_as) == (kind, profile) and found.verdict == "won"
    ]


class TestPathTypes:
    def test_exact_and_prefix_stand_side_by_side(self) -> None:
        explorer = PathTypeExplorer("/a", ["/a", "/a/", "/a/b", "/ab"])
        assert taken(explorer, "Exact") == ["/a"]
        assert taken(explorer, "Prefix") == ["/a", "/a/", "/a/b"]

    def test_another_pattern_is_judged_while_it_is_typed(self) -> None:
        explorer = PathTypeExplorer("/a", ["/a", "/b"])
        explorer.pattern_field.value = "/b"
        assert taken(explorer, "Exact") == ["/b"]

    def test_paths_are_read_one_a_line_and_each_once(self) -> None:
        explorer = PathTypeExplorer("/a", [])
        explorer.requests_field.value = "/a\n\n /b \n/a\n"
        assert explorer.paths == ["/a", "/b"]

    def test_where_a_controller_departs_is_framed(self) -> None:
        explorer = PathTypeExplorer("/a", ["/a"], profiles=("spec", "traefik-defaults"))
        assert "differs" not in explorer.verdicts_panel.value
        explorer.paths = ["/ab"]
        assert '<td class="differs"' in explorer.verdicts_panel.value
        assert "departs from spec" in explorer.verdicts_panel.value

    def test_a_query_is_no_part_of_the_path(self) -> None:
        assert taken(PathTypeExplorer("/a", ["/a?b=c"]), "Exact") == ["/a?b=c"]

    def test_a_pattern_that_would_be_refused_says_so_for_its_type(self) -> None:
        explorer = PathTypeExplorer("a", ["/a"])
        assert set(explorer.errors) == {"Exact", "Prefix", "ImplementationSpecific"}
        assert "must be an absolute path" in explorer.text()

    def test_the_text_twin_gives_each_verdict_its_reason(self) -> None:
        text = PathTypeExplorer("/a", ["/a/"], profiles=("spec",)).text()
        assert "✗ /a/  Exact /a differs from /a/ by a trailing slash" in text

    def test_text_from_outside_is_escaped(self) -> None:
        assert "<b>" not in PathTypeExplorer("/<b>", ["/<b>", '/"<b>']).verdicts_panel.value


class TestHosts:
    def test_a_wildcard_stands_for_one_label(self) -> None:
        matcher = HostMatcher("*.example.com", ["a.example.com", "a.b.example.com", "example.com"])
        assert [found.verdict for found in matcher.verdicts.values()] == ["won", "host", "host"]

    def test_labels_stand_under_those_of_the_rule(self) -> None:
        matcher = HostMatcher("*.example.com", ["a.b.example.com"])
        row = matcher.verdicts_panel.value.partition("<tbody>")[2]
        marks = [mark for mark in row if mark in "✓✗"]
        assert marks == ["✗", "✓", "✓", "✓", "✗"]  # a, b, example, com, and the verdict

    def test_upper_case_makes_no_difference(self) -> None:
        assert HostMatcher("a.example.com", ["A.Example.COM"]).text().splitlines()[1][2] == "✓"

    def test_a_rule_without_host_takes_every_host(self) -> None:
        matcher = HostMatcher("", ["a.example.com"])
        assert "takes every host" in matcher.verdicts_panel.value

    def test_a_pattern_that_would_be_refused_says_why(self) -> None:
        matcher = HostMatcher("a.*.example.com")
        assert "An API server would refuse it" in matcher.verdicts_panel.value
        assert matcher.verdicts == {}

    def test_another_host_is_judged_while_it_is_typed(self) -> None:
        matcher = HostMatcher("a.example.com", [])
        matcher.requests_field.value = "a.example.com\nb.example.com"
        assert list(matcher.verdicts) == ["a.example.com", "b.example.com"]
