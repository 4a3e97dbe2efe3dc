"""What an administrator reads of a load: how many lines were rejected, and which of them are listed."""

from django.utils import timezone

from directory.models import DirectoryLoad, RejectedLine


def test_a_load_says_that_only_the_first_thousand_rejected_lines_are_kept(client, sign_in, make_user):
    sign_in(client, make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    for rejected, told in ((0, "aucune"), (12, "12 (<a"), (1000, "voir la liste"), (34567, "les 1\u202f000 premières")):
        load = DirectoryLoad.objects.create(
            file_name=f"{rejected}.txt", started_at=timezone.now(), lines_rejected=rejected
        )
        page = client.get(f"/admin/directory/directoryload/{load.pk}/change/").content.decode()
        assert told in page.replace("\xa0", "\u202f"), rejected
    RejectedLine.objects.create(load=load, number=2, reason="nom absent")
    assert f"?load__id__exact={load.pk}" in page
    listed = client.get(f"/admin/directory/rejectedline/?load__id__exact={load.pk}")
    assert (listed.status_code, "nom absent" in listed.content.decode()) == (200, True)
