"""The words of the editing desk, in Dutch and English; texts.yml holds them all."""

import functools

from nldtib.workbench import words

text = functools.partial(words.text, __package__)
phrase = functools.partial(words.phrase, __package__)
