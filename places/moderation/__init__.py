"""What visitors send, from the form to the answer: submissions, their review, the thread, and the mails.

How it goes: a form makes a `Submission`, never edited afterwards (what was shown, what was typed); a moderator decides
of each field, one `Decision` each; what is accepted is written by `places.history.save(origin="submission",
submission=…)`; then the submission's state, `reason`, `decided_by` and `decided_at` say what became of it, a `Message`
asks or answers, and `mail_queue` tells the person, in the same transaction (`deciding.py` is that one function).

A submission holds its values as `history.plain` writes them (official texts for terms, lists, numbers), under the names
of `Place`'s columns, so that `setattr(place, name, submission.proposed[name])` is all it takes to try one. Besides:

- `proposed` holds only what the person changed, `base` all that the form showed; for a new place `base` is empty;
- a point moves as a whole: `latitude` and `longitude` are both there or both absent, and are decided together;
- `permanences` is a list of `Permanence.snapshot()`, with the `id` of those that exist: one that is in `base` and no
  more in `proposed` goes, one without `id` is new;
- `logo` is the name of a file already kept by `places.logos`, seen by moderators only until a published place has it;
- a reported error proposes nothing: it says `wrong` (what was ticked) and `text`.

`base_version` is the place's `changed_at` when the form was shown (as `merging.version`): what changed since then, in a
field that is proposed too, is a conflict to show.
"""
