"""Reads rows of text into dictionaries and lists, groups, aggregates and sorts them."""
import csv
import io
import random

REGIONS = ['north', 'south', 'east', 'west', 'centre', 'islands']


def rows(count, rng):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(['order', 'region', 'customer', 'day', 'quantity', 'price', 'note'])
    for order in range(count):
        writer.writerow([
            order, rng.choice(REGIONS), f'customer {rng.randrange(count // 8)}', f'2024-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}',
            rng.randint(1, 400), round(rng.uniform(1, 900), 2), '' if rng.random() < 0.6 else 'n' * rng.randint(1, 60),
        ])
    return out.getvalue()


def read(text):
    table = []
    for row in csv.DictReader(io.StringIO(text)):
        row['quantity'] = int(row['quantity'])
        row['price'] = float(row['price'])
        table.append(row)
    return table


def group(table, *columns):
    groups = {}
    for row in table:
        groups.setdefault(tuple(row[column] for column in columns), []).append(row)
    return groups


def aggregate(groups):
    result = []
    for key, members in groups.items():
        values = [member['quantity'] * member['price'] for member in members]
        result.append({'key': key, 'count': len(members), 'sum': sum(values), 'most': max(values), 'mean': sum(values) / len(values)})
    result.sort(key=lambda entry: (-entry['sum'], entry['key']))
    return result


def main():
    rng = random.Random(7)
    for count in (1000, 12_000, 3000):
        table = read(rows(count, rng))
        table.sort(key=lambda row: (row['day'], row['customer']))
        reports = [
            aggregate(group(table, *columns))
            for columns in (['region'], ['customer'], ['day', 'region'], ['customer', 'region'])
        ]
        labels = ['|'.join(map(str, entry['key'])) for report in reports for entry in report[:2000]]
        print(count, [len(report) for report in reports], len(labels))


main()
