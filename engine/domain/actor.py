"""Who acts: a signed-in person, the system, or an operator at the command line."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.domain.codes import WORKING_ROLES, Role

SYSTEM_NAME = "system"
OPERATOR_NAME = "cli"
"""How the history names who works at the command line."""
OPERATOR_LABEL = "命令行"
READING_ROLES = frozenset({Role.PROCESS_OWNER, Role.APPROVER, Role.AUDITOR, Role.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person with the roles held today and the organisation units they reach.

    ``unit_codes`` are all units under the person's own (both trees may occur); empty with
    ``sees_all`` False means that only rows naming ``employee_no`` are visible.
    """

    name: str
    display_name: str = ""
    employee_no: str | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    unit_code: str | None = None
    unit_codes: frozenset[str] = field(default_factory=frozenset)
    sees_all: bool = False
    stands_in_for: frozenset[str] = field(default_factory=frozenset)
    """Employee numbers of those who are away today and whose tasks this person does."""

    @property
    def numbers(self) -> frozenset[str]:
        """The own number and those of whom this person stands in for."""
        return self.stands_in_for | ({self.employee_no} if self.employee_no is not None else set())

    @property
    def working_roles(self) -> tuple[Role, ...]:
        """The roles whose tasks this person may do, in the order of the lanes."""
        return tuple(role for role in WORKING_ROLES if role in self.roles)

    @property
    def is_system(self) -> bool:
        """Whether this is the engine itself, not a person."""
        return self.name == SYSTEM_NAME

    @property
    def is_operator(self) -> bool:
        """Whether this is the engine or the operator at the command line: bound by no role.

        Seeing everything is not enough: an auditor does, and may change nothing.
        """
        return self.sees_all and not self.roles

    def may_read_everything_in_units(self) -> bool:
        """Whether a governing role (audit, administration, process) opens whole units for reading."""
        return bool(self.roles & READING_ROLES)


SYSTEM = Actor(name=SYSTEM_NAME, display_name="系统", sees_all=True)
