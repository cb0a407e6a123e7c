"""The words of the explorer, in Dutch and English; texts.yml holds them all."""

import functools

from nldtib.workbench import words

text = functools.partial(words.text, __package__)
phrase = functools.partial(words.phrase, __package__)
counted = functools.partial(words.counted, __package__)
