"""What AWS answers, judged: whether it is AWS that answers at all, and what an error of AWS means and what to do.

Door: `checking.check_answers` hangs the first judgement into a botocore session; `translation.translate` is the second.
"""
