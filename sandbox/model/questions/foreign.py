"""Tells whether a message is written in a language that the model does not know; it knows English only."""

import re

from sandbox.model.reading.vocabulary import word_set

# Words of German, French, Spanish, Italian, Portuguese and Dutch that are no English and no name.
_FOREIGN = word_set(
    "ich wie viele welche welcher welches habe haben meine meinen meiner zeige zeig mir gibt sind ist und oder der das "
    "dem den ein eine einen im für mit nicht kein keine bitte kannst du wer wo wann warum gerade läuft laufen kostet "
    "lösche erstelle auf letzten monat gestern alle nach "
    "je quels quelles quel quelle sont mes mon ma les des une est combien montre moi où qui avez vous ai dans pour "
    "avec pas coûte supprime crée bonjour y-a-t-il dernier mois cette ce ces "
    "cuántos cuantos cuáles cuales qué cuánto cuanto tengo mis muéstrame muestra hay cuál los las del una está están "
    "borra crea por favor "
    "quanti quante quali quanto ho miei mie mostrami ci sono della dei gli quantos quais meus minhas tenho mostre "
    "hoeveel heb mijn welke toon laat zien zijn een het"
)
_ENGLISH = word_set(
    "the is are do does i my me what which who how many much show list have has in of a an to and for any there all "
    "you your please can it that this with not create delete describe tell about"
)

ENGLISH_ONLY = "I understand English only; I am the sandbox's small model. Please ask again in English."


def is_foreign(text: str) -> bool:
    """True where more words are of another language than of English."""
    words = re.findall(
        r"[^\W\d_]+(?:-[^\W\d_]+)*", re.sub(r"[`'\"“][^`'\"”]*[`'\"”]|\{.*\}", " ", text.casefold(), flags=re.S)
    )
    foreign = sum(word in _FOREIGN for word in words)
    other_script = sum(not ("a" <= word[0] <= "\u024f") for word in words)
    return foreign + 2 * other_script >= 2 and foreign + 2 * other_script > sum(word in _ENGLISH for word in words)
