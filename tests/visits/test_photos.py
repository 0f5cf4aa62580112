"""Photos: kept with the draft at once, once each, without their place, and seen by those who see the visit."""

from __future__ import annotations

import threading
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from PIL import Image

from cadres.roles import Role
from tests import factories, uploads
from tests.uploads import jpeg, place, uploaded
from tests.visits.sending import NEW, Team, draft_url, filled, queries_of, raised, signed_in
from tests.visits.sending import visit as stored_visit
from visits.models import Visit, VisitDraft, VisitPhoto

NOTHING_RUNS = "sandbox; default-src 'none'; base-uri 'none'; frame-ancestors 'none'"

ADD = "/visits/photos/add/"
RED, BLUE = jpeg(colour="#a03020"), jpeg(colour="#2030a0")


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def team(db) -> Team:
    return Team()


def add(
    team: Team, form: dict[str, str], content: bytes = RED, name: str = "现场.jpg", client: Client | None = None
) -> Any:
    return (client or team.client).post(ADD, form | {"photo": uploaded(content, name)})


def files_below(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def shades(count: int) -> list[bytes]:
    return [jpeg(colour=f"#{n * 8:02x}4060") for n in range(count)]


class TestIntoTheDraft:
    def test_a_photo_is_kept_at_once_with_what_is_typed_so_far(self, team):
        form = filled(team.enterprise, raised(), summary="刚到车间")
        answer = add(team, form)
        photo, draft = VisitPhoto.objects.get(), VisitDraft.objects.get()
        assert answer.status_code == 200
        assert f'data-photo="{photo.pk}"' in answer.content.decode()
        assert (photo.client_id, photo.visit, photo.uploaded_by) == (draft.client_id, None, team.specialist)
        assert draft.data["fields"]["summary"] == "刚到车间"
        page = team.client.get(draft_url(form["client_id"])).content.decode()
        assert f'src="/visits/photos/{photo.pk}/thumbnail/"' in page

    def test_it_is_shrunk_turned_upright_and_loses_its_place_and_its_name_on_disk(self, team, media):
        add(team, filled(team.enterprise), jpeg((2400, 1200), exif=place(orientation=6)), "张三家门口.JPG")
        photo = VisitPhoto.objects.get()
        image = Image.open(photo.file)
        assert (image.size, photo.name, photo.media_type) == ((800, 1600), "张三家门口.jpg", "image/jpeg")
        assert not image.getexif()
        assert photo.size == photo.file.size == len(photo.file.open().read())
        assert [path.name for path in files_below(media)] == [Path(photo.file.name).name]
        assert "张三" not in photo.file.name
        assert "." not in photo.file.name

    def test_the_same_photo_twice_is_one_even_where_only_its_notes_differ(self, team, media):
        form = filled(team.enterprise)
        answers = [add(team, form), add(team, form, name="又一次.jpg"), add(team, form, jpeg(exif=place()))]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert len({answer.content for answer in answers}) == 1
        assert VisitPhoto.objects.count() == len(files_below(media)) == 1

    def test_the_same_photo_in_two_visits_is_two(self, team):
        for _ in range(2):
            add(team, filled(team.enterprise))
        assert VisitPhoto.objects.count() == 2

    def test_nine_are_taken_and_the_tenth_is_refused_unless_it_is_one_of_them(self, team):
        form = filled(team.enterprise)
        for content in shades(9):
            assert add(team, form, content).status_code == 200
        tenth = add(team, form, RED)
        assert (tenth.status_code, tenth.content.decode()) == (422, "没有加上，一次走访最多 9 张照片")
        assert tenth["Content-Type"].startswith("text/plain")
        assert add(team, form, shades(1)[0]).status_code == 200
        assert VisitPhoto.objects.count() == 9

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"<script>alert(1)</script>", "不是可以上传的文件，请上传图片（jpg、png、gif、webp、bmp、tif）"),
            (uploads.PDF, "不是可以上传的文件，请上传图片（jpg、png、gif、webp、bmp、tif）"),
            (uploads.png_of(20_000, 10_000), "图片像素过大（超过 5000 万），请缩小后再上传"),
            (jpeg((400, 300))[:900], "图片不完整或已损坏，请重新拍照或另存后再上传"),
            (b"", "文件是空的，请重新选择"),
        ],
    )
    def test_what_is_no_sound_photo_is_refused_with_its_sentence(self, team, media, content, sentence):
        answer = add(team, filled(team.enterprise), content)
        assert (answer.status_code, answer.content.decode()) == (422, sentence)
        assert not VisitPhoto.objects.exists()
        assert not files_below(media)

    def test_a_photo_that_comes_after_the_visit_is_said_not_to_be_added(self, team):
        form = filled(team.enterprise)
        team.client.post(NEW, form)
        late = add(team, form)
        assert (late.status_code, late.content.decode()) == (409, "这次走访已经提交，照片没有加上")
        assert not VisitPhoto.objects.exists()

    def test_the_id_of_somebody_elses_draft_takes_no_photo(self, team):
        form = filled(team.enterprise)
        add(team, form)
        colleague = factories.cadre(Role.SPECIALIST)
        factories.assign(colleague, team.enterprise, factories.CampaignFactory.create(name="三服务"))
        assert add(team, form, BLUE, client=signed_in(colleague)).status_code == 409
        assert VisitPhoto.objects.count() == 1

    @pytest.mark.parametrize("missing", ["client_id", "photo"])
    def test_a_photo_without_its_form_or_a_form_without_its_photo_is_a_bad_request(self, team, missing):
        sent = filled(team.enterprise) | {"photo": uploaded(RED)}
        del sent[missing]
        assert team.client.post(ADD, sent).status_code == 400

    def test_an_enterprise_out_of_scope_takes_no_photo(self, team):
        foreign = factories.EnterpriseFactory.create()
        assert add(team, filled(foreign)).status_code == 404
        assert not VisitPhoto.objects.exists()

    def test_a_page_that_takes_up_a_draft_gets_its_photos(self, team):
        form = filled(team.enterprise)
        add(team, form)
        page = team.client.get("/visits/photos/", {"client_id": form["client_id"]}).content.decode()
        assert f'data-photo="{VisitPhoto.objects.get().pk}"' in page
        assert not team.client.get("/visits/photos/", {"client_id": uuid4()}).content.strip()
        assert not team.client.get("/visits/photos/", {"client_id": "x"}).content.strip()


class TestIntoTheVisit:
    def test_the_visit_takes_over_its_drafts_photos_and_shows_them(self, team):
        form = filled(team.enterprise)
        for content in (RED, BLUE):
            add(team, form, content)
        team.client.post(NEW, form)
        visit = Visit.objects.get()
        assert visit.photos.count() == 2
        page = team.client.get(visit.get_absolute_url()).content.decode()
        assert '现场照片<span class="cnt">2</span>' in page
        assert f'alt="{team.enterprise.name} {visit.visited_on:%Y-%m-%d} 现场照片，第 2 张，共 2 张"' in page

    def test_sending_the_form_again_doubles_nothing(self, team):
        form = filled(team.enterprise)
        add(team, form)
        for _ in range(2):
            team.client.post(NEW, form)
        assert Visit.objects.get().photos.count() == VisitPhoto.objects.count() == 1

    def test_two_phones_with_the_same_draft_fill_one_visit(self, team):
        form, other = filled(team.enterprise), signed_in(team.specialist)
        add(team, form, RED)
        add(team, form, BLUE, client=other)
        add(team, form, RED, client=other)
        first, second = team.client.post(NEW, form), other.post(NEW, form)
        assert first.url == second.url
        assert Visit.objects.get().photos.count() == 2

    def test_without_scripts_photos_come_with_the_form(self, team):
        form = filled(team.enterprise) | {"photos": [uploaded(RED), uploaded(BLUE), uploaded(RED)]}
        answer = team.client.post(NEW, form)
        assert answer.status_code == 302
        assert Visit.objects.get().photos.count() == 2

    def test_a_refused_form_keeps_the_photos_that_came_with_it(self, team):
        form = filled(team.enterprise, state=None)
        refused = team.client.post(NEW, form | {"photos": [uploaded(RED)]})
        assert refused.status_code == 422
        assert f'data-photo="{VisitPhoto.objects.get().pk}"' in refused.content.decode()
        assert VisitDraft.objects.get().data["fields"]["summary"] == "车间正常生产"
        team.client.post(NEW, form | {"state": "full"})
        assert Visit.objects.get().photos.count() == 1

    def test_a_script_among_the_photos_refuses_the_form_and_names_it(self, team):
        form = filled(team.enterprise)
        bad = SimpleUploadedFile("<b>现场.jpg", b"<script>alert(1)</script>", "image/jpeg")
        refused = team.client.post(NEW, form | {"photos": [uploaded(RED), bad]})
        page = refused.content.decode()
        assert refused.status_code == 422
        assert "“&lt;b&gt;现场.jpg”不是可以上传的文件" in page
        assert "有照片没有收下，请看“现场照片”" in page
        assert not Visit.objects.exists()
        assert VisitPhoto.objects.count() == 1

    def test_a_repeat_with_other_photos_says_that_they_are_not_added(self, team):
        form = filled(team.enterprise)
        team.client.post(NEW, form)
        again = team.client.post(NEW, form | {"photos": [uploaded(RED)]}, follow=True)
        assert "照片以首次提交的为准，这次选的没有再加上" in again.content.decode()
        assert not VisitPhoto.objects.exists()

    def test_the_buttons_for_rows_and_drafts_keep_the_photos_too(self, team):
        form = filled(team.enterprise)
        team.client.post(NEW, form | {"photos": [uploaded(RED)], "add_row": "appeals"})
        team.client.post(NEW, form | {"photos": [uploaded(BLUE)], "keep": "draft"})
        kept = team.client.post(NEW, form | {"photos": [uploaded(b"x", "坏.jpg")], "keep": "draft"}, follow=True)
        assert VisitPhoto.objects.of_form(form["client_id"]).count() == 2
        assert "“坏.jpg”不是可以上传的文件" in kept.content.decode()

    def test_more_photos_than_nine_with_the_form_are_all_refused_and_it_is_said(self, team):
        form = filled(team.enterprise) | {"photos": [uploaded(content) for content in shades(10)]}
        refused = team.client.post(NEW, form)
        assert refused.status_code == 422
        assert "照片没有加上，一次走访最多 9 张照片" in refused.content.decode()
        assert not VisitPhoto.objects.exists()


class TestTakingAway:
    def test_a_photo_can_be_taken_out_of_the_draft_and_its_file_goes(
        self, team, media, django_capture_on_commit_callbacks
    ):
        form = filled(team.enterprise)
        add(team, form)
        photo = VisitPhoto.objects.get()
        with django_capture_on_commit_callbacks(execute=True):
            assert team.client.post(f"/visits/photos/{photo.pk}/remove/").status_code == 204
        assert not VisitPhoto.objects.exists()
        assert not files_below(media)
        assert team.client.post(f"/visits/photos/{photo.pk}/remove/").status_code == 404

    def test_the_button_takes_it_away_without_scripts(self, team):
        form = filled(team.enterprise)
        add(team, form)
        page = team.client.post(NEW, form | {"remove_photo": str(VisitPhoto.objects.get().pk)})
        assert page.status_code == 200
        assert "data-photo=" not in page.content.decode()
        assert not VisitPhoto.objects.exists()

    def test_a_stored_visits_photo_stays(self, team):
        form = filled(team.enterprise)
        add(team, form)
        team.client.post(NEW, form)
        photo = VisitPhoto.objects.get()
        answer = team.client.post(f"/visits/photos/{photo.pk}/remove/")
        assert answer.status_code == 403
        assert "走访已经登记，照片不能再移除" in answer.content.decode()
        assert VisitPhoto.objects.exists()

    def test_giving_up_the_draft_takes_its_photos_and_files_along(
        self, team, media, django_capture_on_commit_callbacks
    ):
        form, other = filled(team.enterprise), filled(team.enterprise)
        add(team, form)
        add(team, other, BLUE)
        with django_capture_on_commit_callbacks(execute=True):
            team.client.post("/visits/drafts/discard/", {"client_id": form["client_id"]})
        assert str(VisitPhoto.objects.get().client_id) == other["client_id"]
        assert len(files_below(media)) == 1


class TestLooking:
    @pytest.fixture
    def photo(self, team) -> VisitPhoto:
        form = filled(team.enterprise)
        add(team, form, jpeg((800, 600)))
        team.client.post(NEW, form)
        return VisitPhoto.objects.get()

    def test_a_photo_is_shown_as_nothing_but_a_picture(self, team, photo):
        answer = team.client.get(f"/visits/photos/{photo.pk}/")
        assert b"".join(answer.streaming_content) == photo.file.open().read()
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["Content-Disposition"] == "inline; filename*=utf-8''%E7%8E%B0%E5%9C%BA.jpg"
        assert answer["Content-Security-Policy"] == NOTHING_RUNS
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "private, no-cache"

    def test_behind_the_proxy_the_proxy_hands_it_out(self, team, photo):
        answer = team.client.get(f"/visits/photos/{photo.pk}/", headers={"X-Accel": "on"})
        assert (answer["X-Accel-Redirect"], answer.content) == (f"/protected-media/{photo.file.name}", b"")
        assert answer["Content-Type"] == "image/jpeg"

    def test_a_browser_that_has_it_is_told_that_it_may_go_on_showing_it(self, team, photo):
        for address in (f"/visits/photos/{photo.pk}/", f"/visits/photos/{photo.pk}/thumbnail/"):
            etag = team.client.get(address)["ETag"]
            again = team.client.get(address, headers={"If-None-Match": etag})
            assert (again.status_code, again.content) == (304, b"")

    def test_a_thumbnail_is_small(self, team, photo):
        answer = team.client.get(f"/visits/photos/{photo.pk}/thumbnail/")
        assert Image.open(BytesIO(answer.content)).size == (320, 240)
        assert answer["Content-Security-Policy"] == NOTHING_RUNS

    def test_a_file_that_is_lost_is_not_found_rather_than_broken(self, team, photo):
        photo.file.storage.delete(photo.file.name)
        assert team.client.get(f"/visits/photos/{photo.pk}/").status_code == 404
        assert team.client.get(f"/visits/photos/{photo.pk}/thumbnail/").status_code == 404

    def test_the_office_of_the_region_sees_it_and_others_do_not(self, team, photo):
        addresses = [f"/visits/photos/{photo.pk}/", f"/visits/photos/{photo.pk}/thumbnail/"]
        office = signed_in(factories.cadre(Role.OFFICE, region=team.enterprise.region))
        elsewhere = signed_in(factories.cadre(Role.OFFICE, region=factories.district(3)))
        stranger = Team(factories.EnterpriseFactory.create()).client
        nobody = Client()
        for address in addresses:
            assert office.get(address).status_code == 200
            assert elsewhere.get(address).status_code == 404
            assert stranger.get(address).status_code == 404
            assert nobody.get(address).status_code == 302
        assert stranger.post(f"{addresses[0]}remove/").status_code == 404

    def test_a_drafts_photo_is_its_makers_alone(self, team):
        add(team, filled(team.enterprise))
        address = f"/visits/photos/{VisitPhoto.objects.get().pk}/"
        office = signed_in(factories.cadre(Role.OFFICE, region=team.enterprise.region))
        assert team.client.get(address).status_code == 200
        assert office.get(address).status_code == 404
        assert office.post(f"{address}remove/").status_code == 403

    def test_no_address_leads_to_the_files_themselves(self, team, photo):
        for address in (f"/{photo.file.name}", f"/media/{photo.file.name}", f"/protected-media/{photo.file.name}"):
            assert team.client.get(address).status_code == 404

    def test_nine_photos_take_as_many_queries_as_one(self, team, photo):
        many = stored_visit(team)
        for content in shades(9):
            VisitPhoto.objects.create(
                client_id=many.client_id, visit=many, sha256=content.hex()[-64:], name="x.jpg", size=1,
                media_type="image/jpeg", uploaded_by=team.specialist, uploaded_at=many.logged_at, file="x",
            )  # fmt: skip
        assert queries_of(team.client, many.get_absolute_url()) == queries_of(
            team.client, photo.visit.get_absolute_url()
        )


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_the_same_photo_from_two_phones_at_once_is_one(self, media):
        team = Team()
        form = filled(team.enterprise)
        barrier, answers = threading.Barrier(2), []

        def send() -> None:
            client = signed_in(team.specialist)
            barrier.wait()
            answers.append(add(team, form, client=client).status_code)
            connections.close_all()

        _run(send, send)
        assert answers == [200, 200]
        assert VisitPhoto.objects.count() == len(files_below(media)) == 1

    def test_a_photo_and_the_submission_at_once_lose_nothing_unsaid(self):
        team = Team()
        form = filled(team.enterprise)
        barrier, said = threading.Barrier(2), {}

        def send(what: str, act) -> None:
            client = signed_in(team.specialist)
            barrier.wait()
            said[what] = act(client).status_code
            connections.close_all()

        _run(
            lambda: send("photo", lambda client: add(team, form, client=client)),
            lambda: send("visit", lambda client: client.post(NEW, form)),
        )
        assert said["visit"] == 302
        assert said["photo"] == (200 if Visit.objects.get().photos.exists() else 409)
        assert not VisitPhoto.objects.filter(visit=None).exists()
        assert not VisitDraft.objects.exists()

    def test_two_photos_at_once_do_not_pass_the_limit(self):
        team = Team()
        form = filled(team.enterprise)
        for content in shades(8):
            add(team, form, content)
        barrier, answers = threading.Barrier(2), []

        def send(content: bytes) -> None:
            client = signed_in(team.specialist)
            barrier.wait()
            answers.append(add(team, form, content, client=client).status_code)
            connections.close_all()

        _run(lambda: send(RED), lambda: send(BLUE))
        assert sorted(answers) == [200, 422]
        assert VisitPhoto.objects.count() == 9

    def test_a_connection_lost_in_the_middle_of_the_upload_leaves_no_half_photo(self, live_server, media):
        import socket

        team = Team()
        session = team.client.cookies["sessionid"].value
        body = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n' + RED[:200]
        head = (
            f"POST {ADD} HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={session}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n"
        )
        with socket.create_connection((live_server.thread.host, live_server.thread.port)) as wire:
            wire.sendall(head.encode() + body)
        connection.close()
        assert not VisitPhoto.objects.exists()
        assert not files_below(media)


def _run(*acts) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
