"""Keep a filter of the inbox under a name, for oneself or shared within one's unit; drop it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.masking import mask_text
from engine.domain.storable import require_storable
from engine.errors import BadInput, NotFound
from engine.label import Label, Thing
from engine.store.saved_views import SavedView, count_of, view_named

MOST = 30
LONGEST_NAME = 20
_NAME = Label("视图名称", "name of the view")
_LENGTH = Label(f"请填写 1 至 {LONGEST_NAME} 个字的名称", f"give a name of 1 to {LONGEST_NAME} characters")
_FULL = Label(f"最多保存 {MOST} 个视图，请先删除不用的", f"at most {MOST} views: drop one first")
_TAKEN = Label(
    "您已有同名视图，请换一个名称；要改写它，请勾选“替换同名视图”后再保存，原来共享的仍然共享",
    "you have a view of this name: choose another one; to overwrite it tick “Replace the view of this name” "
    "and save again, what was shared stays shared",
)
_NO_UNIT = Label("您没有所属机构，不能共享", "you belong to no unit to share it in")


def save_view(
    engine: Engine, name: str, query: Mapping[str, str], *, shared: bool, actor: Actor, replaces: bool = False
) -> int:
    """Keep *query*, the parameters of an inbox address, as *name*; returns the view's number.

    Another view of the person under this name is only replaced when *replaces* says so; one that was shared stays
    shared. A shared one is seen in the person's unit and below it,
    and shows everybody their own tasks: it holds conditions, no rows and no rights.

    Raises:
        BadInput: the name is empty or long, or another view has it and is not to be replaced; there are too many, or
            the person has no unit to share in.
        Unstorable: a value cannot be kept by every database.
    """
    require_storable(dict(query), "query")
    name = mask_text(" ".join(name.split()))
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadInput(what=_NAME, value=name[:LONGEST_NAME], reason=_LENGTH)
    if shared and actor.unit_code is None:
        raise BadInput(what=_NAME, value=name, reason=_NO_UNIT)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        view = view_named(tx, actor.name, name)
        if view is None:
            if count_of(tx, actor.name) >= MOST:
                raise BadInput(what=_NAME, value=name, reason=_FULL)
            view = SavedView(owner=actor.name, name=name, created_at=now)
            tx.add(view)
        elif not replaces:
            raise BadInput(what=_NAME, value=name, reason=_TAKEN)
        view.query = dict(query)
        if shared:
            view.unit_code = actor.unit_code
        tx.write()
        tx.record(
            "view_saved", at=now, actor=actor.name, subject=name, view_id=view.id, shared_in=view.unit_code
        )
        return view.id


def drop_view(engine: Engine, view_id: int, *, actor: Actor) -> None:
    """Forget one of the actor's own views, for everybody it was shared with too.

    Raises:
        NotFound: no such view of this person.
    """
    with engine.store.transaction() as tx:
        view = tx.get(SavedView, view_id)
        if view is None or view.owner != actor.name:
            raise NotFound(what=Thing.VIEW, key=view_id)
        tx.record("view_dropped", at=engine.clock.now(), actor=actor.name, subject=view.name, view_id=view_id)
        tx.delete(view)
