"""The same pages by Jinja2: peer.py PAGE REPEAT FOLDER [show]"""
import datetime
import sys

import jinja2

FORTUNES = [
    "fortune: No such file or directory", "A computer scientist is someone who fixes things that are not broken.",
    "After enough decimal places, nobody cares.", "A bad random number generator: 1, 1, 1, 1, 1, 4.33e+67, 1, 1, 1",
    "A computer program does what you tell it to do, not what you want it to do.", "Emacs is a nice operating system.",
    "Any program that runs right is obsolete.", "A list is only as strong as its weakest link.",
    "Feature: A bug with seniority.", "Computers make very fast, very accurate mistakes.",
    "<script>alert(\"This should not be displayed in a browser alert box.\");</script>", "フレームワーク"]


class Row:
    def __init__(self, **values):
        self.__dict__.update(values)


def url_for(endpoint, filename=None):
    return '/static/' + filename if filename else '/' + endpoint


page, repeat, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
env = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True)
env.globals['url_for'] = url_for
first = datetime.datetime(2023, 11, 14, 22, 13, 20)
context = {
    'users': [Row(id=i + 1, name='User %d' % (i + 1), email='user%d@example.com' % (i + 1),
                  created_at=first + datetime.timedelta(seconds=61 * i)) for i in range(1000)],
    'fortunes': [Row(id=i + 1, message=m) for i, m in enumerate(FORTUNES)],
    'title': 'Tables & chairs', 'text': 'A <short> text about what stands in a room, and why.', 'year': 2026}
template = env.get_template(page + '.html')
for _ in range(repeat):
    out = template.render(context)
if len(sys.argv) > 4:
    sys.stdout.write(out)
