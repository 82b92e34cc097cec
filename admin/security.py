"""Sign-in, sessions, and what every request must satisfy: a person, a token, a known host, a bounded size.

Flask-Security shows the sign-in page and keeps the cookie; the engine checks the password and owns the
session. The cookie holds the session's secret token, so each request asks the engine whether it still lives.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import user_logged_out
from flask_security import LoginForm, RoleMixin, Security, UserDatastore, UserMixin, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from admin.context import current_engine, is_public, public
from admin.errors import page, say
from admin.field_words import field_word
from admin.i18n import COOKIE as LANGUAGE
from admin.kept import KEPT, Kept, late_submission, seal, unseal
from admin.targets import local_target
from engine.api import (
    Actor,
    Engine,
    SignedIn,
    SignInRefused,
    check_password,
    end_session,
    open_session,
    require_storable,
    touch_session,
)

KILOBYTE, MEGABYTE = 1024, 1024 * 1024
USUAL_BODY, UPLOAD_BODY, FORM_MEMORY, FORM_PARTS = MEGABYTE, 60 * MEGABYTE, 2 * MEGABYTE, 1000
LONGEST_QUERY = 4000
"""Bytes behind the question mark; the web server turns twice as many away before we see them."""
WRONG_TRIES = "10 per minute; 100 per hour"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
View = TypeVar("View", bound=Callable[..., Any])


class DeskRole(RoleMixin):
    """Required by Flask-Security; rights come from the actor."""


class DeskUser(UserMixin):
    """A signed-in person: the actor of this request and the secret token of the session."""

    fs_uniquifier = ""
    password = None
    active = True

    def __init__(self, token: str, signed_in: SignedIn) -> None:
        self.fs_uniquifier = token
        self.signed_in = signed_in
        self.roles: list[DeskRole] = []


class DeskDatastore(UserDatastore):
    """Finds people by the token in their cookie; accounts are kept by the engine alone."""

    def __init__(self) -> None:
        super().__init__(DeskUser, DeskRole)

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> DeskUser | None:
        """Return who the session *fs_uniquifier* belongs to, if it is still live."""
        token = kwargs.get("fs_uniquifier")
        signed_in = touch_session(current_engine(), token) if token else None
        return DeskUser(token, signed_in) if token and signed_in else None

    def find_role(self, role: str) -> None:
        """Return None: the engine keeps the roles."""

    def commit(self) -> None:
        """Do nothing: the engine commits its own transactions."""


class SignInForm(LoginForm):  # type: ignore[misc]
    """Name and password; the engine judges them."""

    email = None
    remember = None
    username = StringField(lazy_gettext("用户名"), validators=[InputRequired(), Length(max=64)])
    password = PasswordField(lazy_gettext("密码"), validators=[InputRequired(), Length(max=128)])

    def validate(self, **kwargs: Any) -> bool:
        """Check the password with the engine and open a session in place of whatever cookie was there."""
        engine = current_engine()
        if not self.username.data or not self.password.data:
            self.form_errors.append(_("请填写用户名和密码。"))
            return False
        try:
            actor = check_password(engine, self.username.data, self.password.data)
        except SignInRefused as error:
            self.form_errors.append(say(error))
            return False
        lang = session.get(LANGUAGE)
        session.clear()
        g.pop("csrf_token", None)
        if lang:
            session[LANGUAGE] = lang
        token = open_session(engine, actor, address=request.remote_addr)
        signed_in = touch_session(engine, token)
        self.user = DeskUser(token, signed_in) if signed_in else None
        return self.user is not None


def current_actor() -> Actor | None:
    """Return the person behind this request with today's rights, or None."""
    signed_in = current_signed_in()
    return signed_in.actor if signed_in else None


def current_signed_in() -> SignedIn | None:
    """Return the live session of this request, or None."""
    person = _person()
    return person.signed_in if person else None


def current_token() -> str | None:
    """Return the secret token of this request's session, or None."""
    person = _person()
    return person.fs_uniquifier if person else None


def _person() -> DeskUser | None:
    person = current_user._get_current_object()
    return person if isinstance(person, DeskUser) else None


def upload_route(most: int) -> Callable[[View], View]:
    """Mark a view as one that takes a file of *most* bytes: its requests may be as large as the largest list.

    The view itself refuses a file between the two; who sends still more is told *most* as the limit.
    """

    def mark(view: View) -> View:
        view.takes_files = most  # type: ignore[attr-defined]
        return view

    return mark


def init_security(app: Flask, engine: Engine) -> None:
    """Install sign-in, the guard, the request limits and the headers; call before any page is added."""
    _configure(app, engine)
    app.before_request(_bound_address)
    app.before_request(_bound_body)
    app.before_request(_guard)
    app.before_request(_require_storable)
    CSRFProtect(app)
    _install_sign_in(app)
    app.after_request(_harden)

    @app.errorhandler(SecurityError)
    def unknown_host(_error: SecurityError) -> ResponseReturnValue:
        return Response("400 Bad Request: this host name is not served here.\n", 400, mimetype="text/plain")

    @app.errorhandler(CSRFError)
    def stale_form(_error: CSRFError) -> ResponseReturnValue:
        actor, kept = current_actor(), late_submission()
        if actor is not None and kept is not None and kept.author == actor.name:
            return _offer_again(kept), 400
        sentence = _("本页停留过久或已在别处重新登录，为安全起见未提交。请返回上一页刷新后重试。")
        return page(400, sentence)


def _configure(app: Flask, engine: Engine) -> None:
    settings = engine.settings
    secure = settings.secure_cookies
    app.config.update(
        SESSION_COOKIE_NAME="__Host-renewals" if secure else "renewals",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        MAX_CONTENT_LENGTH=USUAL_BODY,
        MAX_FORM_MEMORY_SIZE=FORM_MEMORY,
        MAX_FORM_PARTS=FORM_PARTS,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as the session it belongs to
        WTF_CSRF_SSL_STRICT=secure,
        RATELIMIT_HEADERS_ENABLED=False,
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_USE_REGISTER_V2=True,
        SECURITY_LOGIN_USER_TEMPLATE="security/login.html",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/login",
        SECURITY_STATIC_FOLDER=None,
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_CLI_USERS_NAME=False,
        SECURITY_CLI_ROLES_NAME=False,
        SECURITY_FRESHNESS=timedelta(seconds=-1),  # no page of Flask-Security's for signing in anew
    )
    hosts = _trusted_hosts(settings.host, settings.trusted_hosts)
    if hosts:
        app.config["TRUSTED_HOSTS"] = hosts
    if settings.proxies:
        n = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]


def _trusted_hosts(host: str, named: tuple[str, ...]) -> list[str] | None:
    """Names this console answers to; None = any, when it listens to the world and no name was set."""
    if named:
        return list(named)
    return None if host in ("0.0.0.0", "::") else sorted({host, "localhost", "127.0.0.1"})


def _install_sign_in(app: Flask) -> None:
    security = Security(app, DeskDatastore(), login_form=SignInForm)
    security.want_json(lambda _request: False)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    limited = limiter.limit(WRONG_TRIES, methods=["POST"], deduct_when=_was_refused)
    views = app.view_functions
    views["security.login"] = public(_give_back(_stay_here(limited(views["security.login"]), "/")))
    views["security.logout"] = public(_stay_here(views["security.logout"], "/login"))
    user_logged_out.connect(_end_session, app)


def _was_refused(response: Response) -> bool:
    return response.status_code not in (302, 303)


def _stay_here(view: Callable[..., Any], default: str) -> Callable[..., ResponseReturnValue]:
    """Send people to pages of ours only, whatever ``next`` says."""

    def inside(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        answer = view(*args, **kwargs)
        if isinstance(answer, BaseResponse) and answer.status_code in (302, 303):
            wished = request.form.get("next") or request.args.get("next")
            return redirect(local_target(wished, default), code=303)
        return answer

    inside.__name__ = view.__name__
    return inside


def _give_back(view: Callable[..., Any]) -> Callable[..., ResponseReturnValue]:
    """After a sign-in that carries a late submission: offer it to whoever typed it, to nobody else."""

    def inside(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        answer = view(*args, **kwargs)
        kept, actor = unseal(request.form.get(KEPT)), current_actor()
        if kept is None or actor is None or getattr(answer, "status_code", None) != 303:
            return cast("ResponseReturnValue", answer)
        if kept.author != actor.name:
            flash(_("登录前未提交的内容由另一位用户填写，已丢弃。"), "warning")
            return redirect("/", code=303)
        return _offer_again(kept)

    inside.__name__ = view.__name__
    return inside


def _offer_again(kept: Kept) -> str:
    """Show the page that submits *kept* once its author says so."""
    return render_template("security/again.html", kept=kept)


def _ask_again(kept: Kept) -> ResponseReturnValue:
    """Ask for a sign-in on the spot and carry *kept* through it."""
    session.pop("_user_id", None)
    sealed = seal(kept)
    return render_template("security/login.html", kept=sealed, author=kept.author, is_late=True), 401


def _end_session(_app: Flask, user: Any = None, **_extra: Any) -> None:
    if isinstance(user, DeskUser):
        end_session(current_engine(), user.fs_uniquifier)


def _bound_address() -> None:
    """Refuse, in the reader's language, addresses that are longer than any page of ours makes them."""
    if len(request.query_string) > LONGEST_QUERY or len(request.path) > LONGEST_QUERY:
        abort(414)


def _bound_body() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_files", False):
        request.max_content_length = UPLOAD_BODY


def _require_storable() -> None:
    """Refuse what no database should be asked to keep or to look for: NUL, halves of characters.

    Raises:
        Unstorable: the parameter, field or file is named.
    """
    require_storable(request.path, field_word("path"))
    for given in (request.args, request.form):
        for name, values in given.lists():
            require_storable(name, field_word("query"))
            for value in values:
                require_storable(value, field_word(name))
    for field, file in request.files.items(multi=True):
        require_storable(file.filename, field_word(field))


def _guard() -> ResponseReturnValue | None:
    """Refuse strangers everywhere but on marked pages; unknown addresses stay unknown."""
    if request.endpoint is None or is_public(request.endpoint) or current_actor() is not None:
        return None
    if request.headers.get("X-Requested-With"):
        abort(401)
    if request.method not in ("GET", "HEAD"):
        kept = late_submission()
        return _ask_again(kept) if kept else abort(401)
    wished = request.full_path.rstrip("?") if request.path != "/" else None
    if "_user_id" in session:
        session.pop("_user_id")
        flash(_("登录已失效（长时间未操作、权限变更或在别处退出），请重新登录。"), "warning")
    elif wished:
        flash(_("请先登录，登录后会打开您要看的页面。"), "info")
    return redirect(url_for("security.login", next=wished), code=303)


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint is None or not (request.endpoint == "static" or request.endpoint.endswith(".static")):
        response.headers["Cache-Control"] = "no-store"
    if current_engine().settings.secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
