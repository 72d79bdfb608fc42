"""Evidence that moderators ask for: who can send it and open it, what is stored of it, and when it is deleted."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from forum import access, anonymity
from forum.accounts.models import Member
from forum.db import db, now
from forum.mail import Mail
from forum.moderation.cases import open_case
from forum.moderation.evidence.actions import PURPOSE, ask_for_evidence, delete_evidence_of_closed_cases
from forum.moderation.evidence.files import MAX_BYTES, UnacceptableFile, clean_file
from forum.moderation.evidence.models import MAX_FILES, EvidenceFile, EvidenceRequest
from forum.moderation.models import Case, CaseNote
from forum.posts.models import Post
from forum.urls import key_text
from tests.factories import make_member, make_post
from tests.moderation import REMOVE, case_about
from tests.notices import case_of, confirmed

Browse = Callable[..., Any]
QUESTION = "Send the letter in which the vendor ended the contract, please."
SECRET_WORDS = b"Taken at home by Jan Klaassen"


def picture(kind: str = "JPEG", **options: Any) -> bytes:
    image, output = Image.new("RGB", (40, 30), "red"), io.BytesIO()
    exif = image.getexif()
    exif[0x010E] = SECRET_WORDS.decode()
    exif[0x0112] = 6  # turned: 30 wide when the right way up
    image.save(output, kind, exif=exif, **options)
    return output.getvalue()


def request_from(post: Post, judge: Member) -> EvidenceRequest:
    evidence = ask_for_evidence(case_about(post), judge, recipient="author", question=QUESTION)
    db.session.commit()
    return evidence


def path_of(evidence: EvidenceRequest) -> str:
    return f"/evidence/{key_text(evidence.id)}"


def send(reader: Any, path: str, content: bytes, name: str = "jan-klaassen.jpg") -> Any:
    """Upload a file. The body is made here: the test client would keep a long one in a file that it never closes."""
    head = f'--limit\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    body = head + content + b"\r\n--limit--\r\n"
    return reader.post(path, data=body, content_type="multipart/form-data; boundary=limit")


@pytest.mark.parametrize("anonymous", [False, True])
def test_an_author_sends_a_file_that_only_deciding_moderators_open(
    browse: Browse, judge: Member, anonymous: bool
) -> None:
    author = make_member()
    post = make_post(author, anonymous=anonymous)
    case = case_about(post)
    data = {"recipient": "author", "question": QUESTION}
    answer = browse(judge).post(f"/moderation/cases/{key_text(case.id)}/evidence", data=data)
    assert answer.status_code == 302
    evidence = db.session.query(EvidenceRequest).one()
    reader = browse(author)
    assert QUESTION in reader.get("/decisions").text and QUESTION in reader.get(path_of(evidence)).text
    assert send(reader, path_of(evidence), picture()).status_code == 302
    assert "1 file sent so far" in reader.get(path_of(evidence)).text
    file = db.session.query(EvidenceFile).one()
    page = browse(judge).get(f"/moderation/cases/{key_text(case.id)}").text
    url = f"/evidence/files/{key_text(file.id)}"
    assert url in page and "File 1, JPEG" in page
    opened = browse(judge).get(url)
    assert opened.mimetype == "image/jpeg" and opened.headers["Content-Disposition"].startswith("attachment")
    assert Image.open(io.BytesIO(opened.data)).size == (30, 40)
    for stranger, status in ((browse(), 302), (browse(make_member()), 403), (reader, 403)):
        assert stranger.get(url).status_code == status
    for stranger in (browse(make_member()), browse(judge)):
        assert stranger.get(path_of(evidence)).status_code == 404
    assert browse(make_member(role="moderator")).get(url).status_code == 200


def test_what_is_stored_is_sealed_and_tells_neither_name_nor_metadata_nor_time(browse: Browse, judge: Member) -> None:
    author = make_member()
    evidence = request_from(make_post(author, anonymous=True), judge)
    send(browse(author), path_of(evidence), picture("PNG"))
    file = db.session.query(EvidenceFile).one()
    assert SECRET_WORDS not in file.sealed and b"klaassen" not in file.sealed and b"PNG" not in file.sealed[:40]
    content = anonymity.unseal_bytes(PURPOSE, file.sealed)
    assert content is not None and content.startswith(b"\x89PNG") and SECRET_WORDS not in content
    assert file.received_on.hour == file.received_on.minute == file.received_on.second == 0
    assert not {column.name for column in EvidenceFile.__table__.columns} & {"member_id", "author_id", "name"}


def test_a_named_author_and_a_sender_get_mail_and_an_anonymous_author_none(browse: Browse, judge: Member) -> None:
    named, anonymous = make_member(), make_member()
    request_from(make_post(named), judge)
    request_from(make_post(anonymous, anonymous=True), judge)
    assert [mail.to_address for mail in db.session.query(Mail)] == [named.email]
    notice, status_page = confirmed(browse, make_post())
    db.session.query(Mail).delete()
    case = case_of(notice)
    data = {"recipient": "sender", "question": QUESTION}
    assert browse(judge).post(f"/moderation/cases/{key_text(case.id)}/evidence", data=data).status_code == 302
    assert db.session.query(Mail).count() == 1
    page = browse().get(status_page).text
    assert QUESTION in page
    path = status_page.replace("http://localhost", "").replace("/notices/of/", "/evidence/of/")
    assert path in page and send(browse(), path, b"What they wrote to me.", "a.txt").status_code == 302
    assert db.session.query(EvidenceFile).one().kind == "txt"
    assert db.session.query(CaseNote).filter(CaseNote.case_id == case.id).one().body.endswith(QUESTION)
    assert send(browse(), "/evidence/of/forged", b"x").status_code == 404


def test_everything_goes_when_the_case_is_decided_or_closed(browse: Browse, judge: Member) -> None:
    author = make_member()
    first, second = request_from(make_post(author), judge), request_from(make_post(author), judge)
    for evidence in (first, second):
        send(browse(author), path_of(evidence), picture())
    url = f"/moderation/cases/{key_text(first.case_id)}/decide"
    assert browse(judge).post(url, data=REMOVE).status_code == 302
    assert [row.id for row in db.session.query(EvidenceRequest)] == [second.id]
    assert db.session.query(EvidenceFile).count() == 1
    db.session.get_one(Case, second.case_id).closed_at = now()
    db.session.commit()
    assert browse(author).get(path_of(second)).status_code == 404
    delete_evidence_of_closed_cases()
    db.session.commit()
    assert db.session.query(EvidenceRequest).count() == db.session.query(EvidenceFile).count() == 0


def test_at_most_five_files_are_kept_and_a_second_question_replaces_the_first(browse: Browse, judge: Member) -> None:
    author = make_member()
    post = make_post(author)
    evidence = request_from(post, judge)
    for _ in range(5):
        assert send(browse(author), path_of(evidence), b"A line of text.", "a.txt").status_code == 302
    last = browse(author)
    assert 'type="file"' not in last.get(path_of(evidence)).text
    send(last, path_of(evidence), b"A sixth.", "a.txt")
    assert db.session.query(EvidenceFile).count() == 5
    ask_for_evidence(case_about(post), judge, recipient="author", question="Another question altogether.")
    db.session.commit()
    assert db.session.query(EvidenceRequest).one().question == "Another question altogether."


def test_ten_megabytes_are_taken_there_and_one_elsewhere(browse: Browse, judge: Member) -> None:
    author = make_member()
    evidence = request_from(make_post(author), judge)
    big = b"word " * (MAX_BYTES // 5 - 200)
    assert send(browse(author), path_of(evidence), big, "a.txt").status_code == 302
    assert send(browse(author), path_of(evidence), big + b"x" * 2000, "a.txt").status_code == 422
    assert send(browse(author), path_of(evidence), big * 2, "a.txt").status_code == 413
    assert send(browse(author), "/posts/new", big, "a.txt").status_code == 413


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 " + b"x" * 50, "pictures of its pages"),
        (b"\n%PDF-1.4", "pictures of its pages"),
        (b"\x89PNG\r\n\x1a\nbroken", "damaged"),
        (picture()[:200], "damaged"),
        (b"GIF89a" + b"\0" * 20, "PNG, JPEG, WebP"),
        (b"\xff\xfe\x00", "PNG, JPEG, WebP"),
        (b"MZ\0\0", "PNG, JPEG, WebP"),
        (b"x" * (MAX_BYTES + 1), "larger than 10 MB"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_to_send_instead(content: bytes, words: str) -> None:
    with pytest.raises(UnacceptableFile, match=words):
        clean_file(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_drawn_anew_the_right_way_up(kind: str) -> None:
    file = clean_file(picture(kind) + b"hidden behind the picture")
    assert file.kind == kind.lower() and SECRET_WORDS not in file.content and b"hidden" not in file.content
    image = Image.open(io.BytesIO(file.content))
    assert image.size == (30, 40) and not image.getexif()


def test_a_picture_that_unpacks_to_too_much_is_refused() -> None:
    output = io.BytesIO()
    Image.new("L", (9000, 9000)).save(output, "PNG")
    with pytest.raises(UnacceptableFile, match="pixels"):
        clean_file(output.getvalue())


def test_no_picture_is_read_that_would_not_be_stored(browse: Browse, judge: Member, monkeypatch: Any) -> None:
    author = make_member()
    evidence = request_from(make_post(author), judge)
    for _ in range(MAX_FILES):
        assert send(browse(author), path_of(evidence), b"A text.", "a.txt").status_code == 302
    read: list[bytes] = []
    monkeypatch.setattr("forum.moderation.evidence.forms.clean_file", read.append)
    assert send(browse(author), path_of(evidence), picture()).status_code == 302
    assert not read


def test_a_wrong_file_and_a_short_question_are_said(browse: Browse, judge: Member) -> None:
    author = make_member()
    evidence = request_from(make_post(author), judge)
    assert "pictures of its pages" in send(browse(author), path_of(evidence), b"%PDF-1.7").text
    assert "Choose a file." in browse(author).post(path_of(evidence), data={}).text
    url = f"/moderation/cases/{key_text(evidence.case_id)}/evidence"
    answer = browse(judge).post(url, data={"recipient": "sender", "question": "Why?"})
    assert answer.status_code == 422 and "Choose whom to ask." in answer.text and "Why?" in answer.text


def test_evidence_comes_from_the_author_while_the_case_is_open(app: Flask) -> None:
    author = make_member()
    post = make_post(author, anonymous=True)
    case = open_case("flag", post, "Reported.")
    assert access.can_give_evidence(author, case) and not access.can_give_evidence(make_member(), case)
    author.banned_at = now()
    assert not access.can_give_evidence(author, case)
    author.banned_at, case.closed_at = None, now()
    assert not access.can_give_evidence(author, case)
