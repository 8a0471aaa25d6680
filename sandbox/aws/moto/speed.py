"""Makes moto quick: what it looks up for every request by reading folders or whole collections, by key instead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from moto.iam.models import IAMBackend, Role


class RoleIndex(dict[str, Role]):
    """moto's roles by id, and by name as well; an account may have thousands."""

    def __init__(self) -> None:
        super().__init__()
        self._by_name: dict[str, Role] = {}

    def __setitem__(self, role_id: str, role: Role) -> None:
        super().__setitem__(role_id, role)
        self._by_name[role.name] = role

    def __delitem__(self, role_id: str) -> None:
        del self._by_name[self[role_id].name]
        super().__delitem__(role_id)

    def __reduce__(self) -> tuple[type[RoleIndex], tuple[()], None, None, Iterator[tuple[str, Role]]]:
        """Pickled as its roles, so that the names are found again as they are put in."""
        return RoleIndex, (), None, None, iter(self.items())

    def named(self, name: str) -> Role | None:
        """The role of a name."""
        return self._by_name.get(name)


def role_named(iam: IAMBackend, name: str) -> Role | None:
    """A role by its name."""
    assert isinstance(iam.roles, RoleIndex)
    return iam.roles.named(name)


def apply_speed() -> None:
    """Patch moto."""
    _modules_once()
    _quick_timestamps()
    _quick_ids()
    _index_roles()


def _modules_once() -> None:
    from moto import backends
    from moto.core import responses
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication

    listed = backends.list_of_moto_modules

    @lru_cache(maxsize=1)
    def modules() -> tuple[str, ...]:
        # moto lists its own folder, with a stat per entry, twice for every request.
        return tuple(listed())

    setattr(backends, "list_of_moto_modules", modules)  # noqa: B010  # a patch, not a member
    # It matches every service's pattern against the host, and asks a class for its methods, every time.
    for owner, name in ((DomainDispatcherApplication, "get_backend_for_host"), (responses, "method_names_from_class")):
        setattr(owner, name, lru_cache(maxsize=1024)(getattr(owner, name)))


def _quick_timestamps() -> None:
    from botocore.utils import parse_to_aware_datetime as slowly
    from moto.core import serialize

    def parse(value: object) -> datetime:
        # moto re-reads every timestamp with dateutil: a third of the time of a page of 1,000 objects.
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        return moment if moment is not None and moment.tzinfo else slowly(value)

    setattr(serialize, "parse_to_aware_datetime", parse)  # noqa: B010  # a patch, not a member


def _quick_ids() -> None:
    from moto.ec2 import utils
    from moto.moto_api._internal import mock_random

    def resource_id(size: int = 8) -> str:
        # The very ids that moto makes, without five calls for each character: a region's images take 40,000 of them.
        bits, found = mock_random.getrandbits, ""
        while len(found) < size:
            number = bits(5)
            if number < 16:
                found += "0123456789abcdef"[number]
        return found

    setattr(utils, "random_resource_id", resource_id)  # noqa: B010  # a patch, not a member


def _index_roles() -> None:
    from moto.iam.exceptions import NotFoundException

    begin = IAMBackend.__init__

    def with_index(self: IAMBackend, *args: str, **more: str) -> None:
        begin(self, *args, **more)
        self.roles = RoleIndex()

    def get_role(self: IAMBackend, role_name: str) -> Role:
        role = role_named(self, role_name)
        if role is None:
            raise NotFoundException(f"The role with name {role_name} cannot be found.")
        return role

    def get_role_by_arn(self: IAMBackend, arn: str) -> Role:
        role = role_named(self, arn.rsplit("/", 1)[-1])
        if role is None or role.arn != arn:
            raise NotFoundException(f"Role {arn} not found")
        return role

    setattr(IAMBackend, "get_role_by_arn", get_role_by_arn)  # noqa: B010  # a patch, not a member
    setattr(IAMBackend, "__init__", with_index)  # noqa: B010  # a patch, not a member
    setattr(IAMBackend, "get_role", get_role)  # noqa: B010  # a patch, not a member
