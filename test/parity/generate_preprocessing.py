"""Writes goldens/preprocessing.json: what Pillow makes of images drawn by a formula.

    pip install pillow numpy && python test/parity/generate_preprocessing.py

Only numbers are stored: the test draws the same images by the same formula. Resize and CenterCrop are torchvision's
(torchvision/transforms/functional.py), which call the same Pillow functions for PIL images.
"""

import json
import pathlib

import numpy
import PIL
from PIL import Image, ImageEnhance

CASES = [  # width, height, resize, crop
    (500, 375, 256, 224),
    (333, 500, 256, 224),
    (271, 256, 256, 224),
    (256, 256, 256, 224),
    (255, 301, 256, 224),
    (32, 32, 256, 224),
    (128, 97, 73, 64),
    (1200, 900, 232, 224),
    (640, 213, 256, 224),
]
STEP = 16  # every 16th pixel of the crop is stored
FACTORS = [0.8, 0.93, 1.2]


def draw(width, height):
    """Waves, blocks and a little noise, in integers only."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.int64)
    red = (x * 5 + y * 3) % 256
    green = ((x // 7 + y // 11) % 2) * 180 + (x * y) % 61
    blue = ((x - y) * (x - y) // 16) % 256
    return Image.fromarray(numpy.stack([red, green, blue], axis=-1).astype(numpy.uint8))


def resize(image, size):
    width, height = image.size
    short, long = (width, height) if width <= height else (height, width)
    new_long = int(size * long / short)
    return image.resize((size, new_long) if width <= height else (new_long, size), Image.BILINEAR)


def centre_crop(image, size):
    width, height = image.size
    top, left = int(round((height - size) / 2.0)), int(round((width - size) / 2.0))
    return image.crop((left, top, left + size, top + size))


def preprocessing(width, height, resize_size, crop_size):
    pixels = numpy.asarray(centre_crop(resize(draw(width, height), resize_size), crop_size))
    return {
        "width": width,
        "height": height,
        "resizeSize": resize_size,
        "cropSize": crop_size,
        "sum": int(pixels.astype(numpy.int64).sum()),
        "every16th": pixels[::STEP, ::STEP].reshape(-1).tolist(),
    }


def enhanced(kind, factor):
    image = getattr(ImageEnhance, kind)(draw(8, 6)).enhance(factor)
    return {"adjustment": {"Color": "saturation"}.get(kind, kind.lower()), "factor": factor, "pixels": list(image.tobytes())}


golden = {
    "pillow": PIL.__version__,
    "preprocessing": [preprocessing(*case) for case in CASES],
    "adjustments": [enhanced(kind, factor) for kind in ("Brightness", "Contrast", "Color") for factor in FACTORS],
}
path = pathlib.Path(__file__).parent / "goldens" / "preprocessing.json"
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
