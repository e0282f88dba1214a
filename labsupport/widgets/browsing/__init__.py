"""What the lab browser does between its address bar and its frame.

`navigation` asks the lab for pages, with `cookies`, redirects and `strict_transport`. `contents`
reads what came, `markup_filter` and `stylesheets` make it harmless, `files` brings what a page asks
for, `showing` gives a page for every outcome, `document` is what the frame gets, `padlock` what is
said of the certificate. None of them knows the widget, and none fetches but through the lab.
"""
