"""The look and the walls of every record list: read-only, scoped, masked, bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from flask import Response, g, redirect, request
from flask_admin import AdminIndexView, expose
from flask_admin.contrib.sqla import ModelView
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from admin.actor import require_actor
from admin.context import current_engine
from admin.formatters import NOTHING, show_actor, show_code, show_day, show_moment, show_money
from admin.misread import is_misread, misread
from admin.records.files import MIMETYPES, written
from admin.records.filters import LONGEST, RecordFilters
from admin.targets import local_target
from engine.api import Forbidden, NotFound, Role, record_export
from engine.tables import COUNT_CAP, Companions, companions_of, find_record, record_count, record_query

READERS = frozenset({Role.ADMIN, Role.AUDITOR})
LAST_PAGE = 1000
Cell = Callable[["RecordView", Any], str]
_WRITES = {
    "create_view": "can_create",
    "edit_view": "can_edit",
    "delete_view": "can_delete",
    "ajax_update": "column_editable_list",
    "export": "can_export",
}


class Guarded:
    """Open to administrators and auditors; to others the page is refused, and that is written down."""

    readers: ClassVar[frozenset[Role]] = READERS

    def is_accessible(self) -> bool:
        """Whether the person of the request may read records."""
        return bool(require_actor().roles & self.readers)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        """Refuse."""
        raise Forbidden(act=_("查看系统记录"))


class RecordsHome(Guarded, AdminIndexView):  # type: ignore[misc]
    """The overview of the record lists."""

    @expose()  # type: ignore[untyped-decorator]
    def index(self) -> Any:
        """Show what lists there are."""
        return self.render("records/index.html", groups=groups_of(self.admin))


def groups_of(admin: Any) -> dict[str, list[RecordView]]:
    """Return the lists the person may read by group, in the order of their registration."""
    found: dict[str, list[RecordView]] = {}
    for view in admin._views:
        if isinstance(view, RecordView) and view.is_accessible():
            found.setdefault(str(view.group), []).append(view)
    return found


class RecordView(Guarded, ModelView):  # type: ignore[misc]
    """One list of rows nobody edits; cells are texts, personal data is masked in every way out."""

    can_create = can_edit = can_delete = False
    can_view_details = can_export = can_set_page_size = True
    export_types: ClassVar = ["csv", "xlsx"]
    export_max_rows = 5000
    page_size = 50
    page_size_options = (20, 50, 100)
    list_template = "records/list.html"
    details_template = "records/details.html"
    filter_converter = RecordFilters()

    group: ClassVar[Any] = ""
    intro: ClassVar[Any] = ""
    codes: ClassVar[Mapping[str, str]] = {}
    """column → kind of `admin.formatters.show_code`"""
    cells: ClassVar[Mapping[str, Cell]] = {}
    """column → what makes its text, where the name of the column does not say it"""
    links: ClassVar[Mapping[str, Callable[[Any], str | None]]] = {}
    """column → what makes the address it leads to"""
    numbers: ClassVar[frozenset[str]] = frozenset()
    small: ClassVar[frozenset[str]] = frozenset()
    """columns that hold a code (letters and figures that are compared, not read) rather than words"""
    lead: ClassVar[str] = ""
    """the column that stands first on a phone"""
    search_hint: ClassVar[Any] = ""
    nothing: ClassVar[Any] = lazy_gettext("还没有记录。")
    """what an empty list says while nothing is asked of it"""

    def __init__(self, model: type[Any], session: Any, **kwargs: Any) -> None:
        shown = [*(self.column_list or ()), *(self.column_details_list or ())]
        self.column_formatters = self.column_formatters_detail = dict.fromkeys(shown, _show)
        super().__init__(model, session, **kwargs)

    # --- walls ---------------------------------------------------------------

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        answer = super()._handle_view(name, **kwargs)
        if name in _WRITES and not getattr(self, _WRITES[name]):
            raise Forbidden(act=_("修改系统记录"))
        if name == "action_view" and not self.get_actions_list()[0]:
            raise Forbidden(act=_("修改系统记录"))
        return answer

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super()._run_view(fn, *args, **kwargs)
        if isinstance(answer, BaseResponse) and "Location" in answer.headers:
            return redirect(local_target(answer.headers["Location"], self.get_url(".index_view")), code=303)
        return answer

    def is_action_allowed(self, name: str) -> bool:
        """Acts are for administrators; an auditor changes nothing."""
        return name != "delete" and Role.ADMIN in require_actor().roles

    def get_query(self) -> Any:
        """Return the rows of the person's scope."""
        return record_query(self.session(), self.model, require_actor(), current_engine().clock.today())

    def get_count_query(self) -> Any:
        """Count them, up to a cap."""
        return record_count(self.session(), self.model, require_actor(), current_engine().clock.today())

    def get_one(self, id: Any) -> Any:
        """Return one row of the scope.

        Raises:
            NotFound: there is none, or it lies outside the scope; both look the same.
        """
        today = current_engine().clock.today()
        row = find_record(self.session(), self.model, require_actor(), today, id)
        if row is None:
            raise NotFound(what=self.name, key=str(id)[:40])
        self._accompany([row])
        return row

    def get_list(self, *args: Any, **kwargs: Any) -> Any:
        """Return a page of rows and prepare the names beside their codes."""
        if is_misread():
            self._accompany([])
            return 0, []
        count, rows = super().get_list(*args, **kwargs)
        self._accompany(rows)
        return count, rows

    def _accompany(self, rows: Sequence[Any]) -> None:
        g.record_companions = companions_of(self.session(), rows, current_engine().clock.today())

    @property
    def companions(self) -> Companions:
        """The names beside the codes of the rows of this request."""
        found: Companions = g.record_companions
        return found

    # --- wishes --------------------------------------------------------------

    def _get_list_extra_args(self) -> Any:
        wish = super()._get_list_extra_args()
        wish.page = min(max(wish.page or 0, 0), LAST_PAGE)
        wish.search = (wish.search or "").strip().replace("\x00", "")[:LONGEST] or None
        wish.extra_args = {}
        return wish

    def _get_list_filter_args(self) -> Any:
        wished = []
        for index, found in enumerate(self._filters or ()):
            text = request.args.get(self.filter_name(index), "").strip()[:LONGEST]
            if not text:
                continue
            if found.validate(text):
                wished.append((index, str(found.name), text))
            else:
                message = _(
                    "“%(value)s”不能用作“%(name)s”，因此不列出任何记录；请更正或清除。",
                    value=text[:20],
                    name=found.label(),
                )
                misread(message)
        return wished

    def filter_name(self, index: int) -> str:
        """Return the name of the field of a filter."""
        return f"flt{index}_{self.get_filter_arg(index, self._filters[index])}"

    def _get_filters(self, filters: Any) -> dict[str, Any]:
        return {self.filter_name(index): value for index, _name, value in filters or ()}

    # --- words ---------------------------------------------------------------

    def text_of(self, row: Any, name: str) -> str:
        """Return what a cell says."""
        if name in self.cells:
            return self.cells[name](self, row)
        value = getattr(row, name)
        if value is None or value == "":
            return NOTHING
        if name in self.codes:
            return show_code(value, self.codes[name])
        return self._plain(value, name)

    def _plain(self, value: Any, name: str) -> str:
        if isinstance(value, bool):
            return _("是") if value else _("否")
        if isinstance(value, datetime):
            return show_moment(value)
        if isinstance(value, date):
            return show_day(value)
        if isinstance(value, Decimal):
            return show_money(value)
        beside = self.companions
        if name.endswith("_no"):
            return _named(beside.people, value)
        if name.endswith("_by") or name == "actor":
            return show_actor(beside.actors.get(value, value))
        if name.endswith("_code"):
            return _named(beside.units, value)
        return str(value)

    def link_of(self, row: Any, name: str) -> str | None:
        """Return the address a cell leads to, None for most."""
        return self.links[name](row) if name in self.links else None

    # --- files ---------------------------------------------------------------

    @expose("/export/<export_type>/")  # type: ignore[untyped-decorator]
    def export(self, export_type: str) -> Any:
        """Send the filtered list as a file, bounded and masked like the page; the history keeps that."""
        if export_type not in self.export_types:
            raise NotFound(what=_("文件格式"), key=export_type[:20])
        _count, rows = self._export_data()
        names = [name for name, _label in self._list_columns]
        engine = current_engine()
        record_export(engine, actor=require_actor(), subject=self.endpoint, rows=len(rows), kind=export_type)
        header = [str(label) for _name, label in self._list_columns]
        cells = ([self.text_of(row, name) for name in names] for row in rows)
        content = written(export_type, header, cells, title=str(self.name))
        file_name = quote(f"{self.name}-{engine.clock.today():%Y%m%d}.{export_type}")
        return Response(
            content,
            content_type=MIMETYPES[export_type],
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{file_name}"},
        )

    def render(self, template: str, **kwargs: Any) -> Any:
        """Render with what the lists' own templates need."""
        if "return_url" in kwargs:
            kwargs["return_url"] = local_target(kwargs["return_url"], self.get_url(".index_view"))
        shown = {"cap": COUNT_CAP, "export_max": self.export_max_rows, "groups": groups_of(self.admin)}
        shown["reads_all"] = bool(require_actor().roles & READERS)
        return super().render(template, **shown, **kwargs)


def _show(view: RecordView, _context: Any, row: Any, name: str) -> str:
    text = view.text_of(row, name)
    return Markup("<code>{}</code>").format(text) if name in view.small else text


def _named(names: Mapping[str, str], code: Any) -> str:
    return f"{names[code]} {code}" if code in names else str(code)
