"""Builds a document, dumps it, loads it again and indexes what came back."""
import json
import random

WORDS = [a + b for a in ('al', 'be', 'car', 'dor', 'el', 'fin', 'gra', 'hol') for b in ('ba', 'den', 'fo', 'gis', 'lun', 'mir')]


def build(count, rng):
    return {
        'version': 3,
        'records': [
            {
                'id': number,
                'key': f'{rng.choice(WORDS)}-{number:06d}',
                'active': rng.random() < 0.7,
                'score': rng.uniform(0, 100),
                'place': {'x': rng.uniform(-180, 180), 'y': rng.uniform(-90, 90), 'zone': rng.choice(WORDS)},
                'tags': rng.sample(WORDS, rng.randint(0, 6)),
                'history': [
                    {'at': 1_600_000_000 + rng.randrange(10_000_000), 'amount': rng.uniform(-500, 500)}
                    for _ in range(rng.randint(0, 8))
                ],
            }
            for number in range(count)
        ],
    }


def index(document):
    by_key, by_tag, by_zone = {}, {}, {}
    for record in document['records']:
        by_key[record['key'].upper()] = record
        by_zone.setdefault(record['place']['zone'], []).append(record['id'])
        for tag in record['tags']:
            by_tag.setdefault(tag, set()).add((record['score'], record['id']))
    return by_key, by_zone, by_tag


def main():
    rng = random.Random(20)
    kept = None
    for count in (300, 1500, 600, 2500, 900):
        text = json.dumps(build(count, rng), indent=None if count > 2000 else 1)
        document = json.loads(text)
        by_key, by_zone, by_tag = index(document)
        best = {tag: sorted(entries, reverse=True)[:10] for tag, entries in by_tag.items()}
        kept = [(tag, len(best[tag]), len(by_zone)) for tag in best]
        print(count, len(text), len(by_key), len(kept))


main()
