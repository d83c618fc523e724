"""What is searched and what finds nothing, day by day: numbers of questions, nothing of who asks or of the words."""

from django.db import models


class SearchCount(models.Model):
    """`subject` is that of the diagnosis (`services:emploi`), `territory` the one of the question, blank without."""

    day = models.DateField()
    subject = models.CharField(max_length=110)
    territory = models.CharField(max_length=40, blank=True)
    asked = models.PositiveIntegerField(default=0)
    found_nothing = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "subject", "territory"], name="search_of_day")]

    def __str__(self):
        return f"{self.day} {self.subject} {self.asked}"
