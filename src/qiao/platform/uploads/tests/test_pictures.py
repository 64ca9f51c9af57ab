"""Thumbnails and cleaned pictures."""

import io

import pytest
from PIL import Image

from qiao.platform.uploads.api import ImageTooLarge, UploadBroken, UploadLimits, clean_image, thumbnail

pytestmark = pytest.mark.slow

RED_LEFT = Image.new("RGB", (80, 40), "white")
RED_LEFT.paste((255, 0, 0), (0, 0, 40, 40))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010F] = "Camera of Wang"
    made.get_ifd(0x8825)[1] = "N"
    return made


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_cleaning_removes_what_tells_about_the_maker(kind: str):
    cleaned = clean_image(saved(RED_LEFT, kind, exif=exif()))
    assert b"Camera of Wang" not in cleaned
    image = opened(cleaned)
    assert (image.format, image.size, dict(image.getexif())) == (kind, (80, 40), {})


def test_cleaning_turns_the_picture_upright():
    image = opened(clean_image(saved(RED_LEFT, "JPEG", exif=exif(6)))).convert("RGB")
    assert image.size == (40, 80)
    top, bottom = image.getpixel((20, 10)), image.getpixel((20, 70))
    assert (top[1] < 60, bottom[1] > 200) == (True, True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_without_metadata_is_left_alone(kind: str):
    data = saved(RED_LEFT, kind)
    assert clean_image(data) is data


def test_comments_and_written_notes_go_too():
    assert b"secret" not in clean_image(saved(RED_LEFT, "JPEG", comment=b"secret"))
    assert b"secret" not in clean_image(saved(RED_LEFT, "GIF", comment=b"secret"))
    assert b"secret" not in clean_image(saved(RED_LEFT, "JPEG", xmp=b"<x>secret</x>"))


def test_a_cleaned_animation_still_moves():
    frames = [Image.new("RGB", (20, 20), (number * 60, 0, 0)) for number in range(4)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=70, loop=0, comment=b"secret")
    image = opened(clean_image(data))
    assert (image.n_frames, image.info["duration"], b"secret" in clean_image(data)) == (4, 70, False)


def test_transparency_survives_cleaning():
    see_through = Image.new("RGBA", (10, 10), (0, 255, 0, 0))
    assert opened(clean_image(saved(see_through, "PNG", exif=exif()))).getpixel((5, 5))[3] == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_thumbnail_of_every_kind_of_picture_is_a_small_webp(mode: str):
    small = opened(thumbnail(saved(Image.new(mode, (1300, 700)), "PNG")))
    assert (small.format, small.size) == ("WEBP", (640, 345))


def test_a_thumbnail_of_print_colours_is_made():
    assert opened(thumbnail(saved(Image.new("CMYK", (100, 50)), "JPEG"), 50)).size == (50, 25)


def test_a_thumbnail_is_upright_and_silent_and_never_larger():
    made = thumbnail(saved(RED_LEFT, "JPEG", exif=exif(6)))
    assert (opened(made).size, b"Camera of Wang" in made) == ((40, 80), False)


@pytest.mark.parametrize("make", [thumbnail, clean_image])
def test_what_is_no_picture_is_refused(make):
    for data in (b"", b"hello", saved(RED_LEFT, "BMP"), saved(RED_LEFT, "PNG", exif=exif())[:60]):
        with pytest.raises(UploadBroken):
            make(data)


@pytest.mark.parametrize("make", [thumbnail, clean_image])
def test_bombs_are_refused_here_too(make):
    with pytest.raises(ImageTooLarge):
        make(saved(RED_LEFT, "PNG", exif=exif()), limits=UploadLimits(max_pixels=1000))
