"""The live map, told of changes by a stand-in for the cluster."""

import pytest
from stand_in_lab import StandInLab, ingress

from labsupport.widgets import ClusterMap


@pytest.fixture
def lab() -> StandInLab:
    return StandInLab()


def test_a_new_ingress_appears_by_itself(lab: StandInLab) -> None:
    map_ = ClusterMap(lab)
    lab.add("ingresses", ingress("quote", "quote.example.com"))
    assert "ingress quote (quote.example.com) ╌╌▶ service quote" in map_.text()
    map_.close()


def test_a_closed_map_follows_no_more(lab: StandInLab) -> None:
    map_ = ClusterMap(lab)
    map_.close()
    map_.close()
    assert lab.followers[0].closed


def test_a_newer_map_of_the_same_namespace_takes_over(lab: StandInLab) -> None:
    older, newer = ClusterMap(lab), ClusterMap(lab)
    assert (older.following, newer.following) == (False, True)
    assert "a newer map follows" in older.state.value
    newer.close()


def test_maps_of_two_namespaces_follow_side_by_side(lab: StandInLab) -> None:
    maps = [ClusterMap(lab), ClusterMap(lab, namespace="traefik")]
    assert all(each.following for each in maps)
    for each in maps:
        each.close()


def test_a_map_of_a_moment_does_not_follow(lab: StandInLab) -> None:
    map_ = ClusterMap(lab, follow=False)
    lab.add("ingresses", ingress("quote", "quote.example.com"))
    assert "quote.example.com" not in map_.text()


def test_a_chosen_ingress_gives_its_yaml(lab: StandInLab) -> None:
    map_ = ClusterMap(lab)
    map_.flow.drawing.selected = "ingress/default/kiada"
    assert "host: kiada.example.com" in map_.flow.details.value
    map_.close()


def test_a_chosen_service_comes_with_its_endpoint_slices(lab: StandInLab) -> None:
    map_ = ClusterMap(lab)
    map_.flow.drawing.selected = "service/default/kiada"
    assert "kind: EndpointSlice" in map_.flow.details.value
    assert "name: quote-1" not in map_.flow.details.value
    map_.close()
