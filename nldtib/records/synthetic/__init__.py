"""The invented twin: a population whose truth is known, and the rounds of the survey held in it.

It serves the demonstration, the tests and the first day: what an estimate should have been is in
truth.csv. Every organisation, person and answer is invented; the totals of the years that were
published are met exactly, so that figures look familiar. What it is made of stands in
parameters/synthetic.yml.

Files have one direction: choices, calibrate, typed; units, figures, views; assemble (the
population); truth, answering, questions; mistakes; texts; rows; wave (a round); links; files.
"""

from nldtib.records.synthetic.assemble import population
from nldtib.records.synthetic.choices import Choices
from nldtib.records.synthetic.choices import read as read_choices
from nldtib.records.synthetic.files import export, write
from nldtib.records.synthetic.wave import Wave, round_of

__all__ = ["Choices", "Wave", "export", "population", "read_choices", "round_of", "write"]
